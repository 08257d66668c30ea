using CsCheck;

namespace AlexNetService.Imaging.Tests;

public sealed class PlanesTests
{
    [Fact]
    public void Split_AnyLength_AgreesWithOnePixelAfterTheOther() =>
        Gen.Int[0, 200].SelectMany(pixels => Gen.Byte.Array[3 * pixels]).Sample(interleaved =>
        {
            var pixels = interleaved.Length / 3;
            var (fast, slow) = (new byte[interleaved.Length], new byte[interleaved.Length]);

            Planes.Split(interleaved, fast.AsSpan(0, pixels), fast.AsSpan(pixels, pixels), fast.AsSpan(2 * pixels));
            Planes.SplitScalar(interleaved, slow.AsSpan(0, pixels), slow.AsSpan(pixels, pixels), slow.AsSpan(2 * pixels));

            return fast.AsSpan().SequenceEqual(slow) && Drawn.Interleave(fast).AsSpan().SequenceEqual(interleaved);
        });
}
