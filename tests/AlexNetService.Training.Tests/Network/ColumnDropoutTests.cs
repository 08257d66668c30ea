using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Network;

public class ColumnDropoutTests
{
    private static readonly Dropout Layer = new("drop", 0.5);

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Dropout_OfASeed_DropsWhatAGeneratorOfTheHostDraws(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var dropout = new ColumnDropout(Layer);
        using var generator = new Generator(77);
        foreach (var input in (Tensor[])[ones(6, 500, type), ones(6, 5, 5, 20, type).permute(0, 3, 1, 2)])
        {
            dropout.Seed(77);

            var output = dropout.call(input);

            var expected = empty_like(input);
            for (var row = 0; row < 6; row++)
            {
                _ = generator.manual_seed(ColumnDropout.SeedOf(77, row));
                expected.narrow(0, row, 1).bernoulli_(0.5, generator).mul_(2);
            }

            Assert.True(output.equal(expected).all().item<bool>());
            Assert.InRange(output.to(ScalarType.Float32).mean().item<float>(), 0.9f, 1.1f);
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Dropout_OfSomeRowsOfABatch_DropsWhatTheWholeBatchDrops(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var dropout = new ColumnDropout(Layer);
        foreach (var input in (Tensor[])[ones(6, 500, type), ones(6, 5, 5, 20, type).permute(0, 3, 1, 2)])
        {
            dropout.Seed(77);
            var whole = dropout.call(input);
            foreach (var (first, count) in ((int, int)[])[(0, 2), (2, 3), (5, 1)])
            {
                dropout.Seed(77, first);

                var part = dropout.call(input.narrow(0, 0, count));

                Assert.True(part.equal(whole.narrow(0, first, count)).all().item<bool>());
            }

            Assert.False(whole[0].equal(whole[1]).all().item<bool>());
        }
    }

    [Fact]
    public void Dropout_OfAnotherDevice_SendsTheDrawnValuesThere()
    {
        using var scope = NewDisposeScope();
        using var dropout = new ColumnDropout(Layer);

        var output = dropout.call(ones(6, 500, device: device("meta")));

        Assert.Equal((DeviceType.META, 500), (output.device_type, output.shape[1]));
    }
}
