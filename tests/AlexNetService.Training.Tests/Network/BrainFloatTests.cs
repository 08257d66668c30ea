using System.Runtime.InteropServices;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Network;

public class BrainFloatTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(2500)]
    public void Add_OfBrainFloats_RoundsAsTorchDoes(int count)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var (one, two) = (randn(count, generator: generator), randn(count, generator: generator));
        var (sum, other) = (one.to(ScalarType.BFloat16), two.to(ScalarType.BFloat16));
        var expected = sum + other;

        BrainFloat.Add(
            MemoryMarshal.Cast<byte, ushort>(other.bytes),
            MemoryMarshal.Cast<byte, ushort>(sum.bytes));

        Assert.True(sum.equal(expected).all().item<bool>());
    }
}
