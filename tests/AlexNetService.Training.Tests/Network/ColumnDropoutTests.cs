using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Cluster;
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
            _ = generator.manual_seed(77);

            var output = dropout.call(input);

            var expected = empty_like(input).bernoulli_(0.5, generator) * 2;
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
            foreach (var rows in (BatchRows[])[new(0, 2, 6), new(2, 3, 6), new(5, 1, 6), new(1, 1, 6, IsSpare: true)])
            {
                dropout.Seed(77, rows);

                var part = dropout.call(input.narrow(0, 0, rows.Count));

                Assert.True(part.equal(whole.narrow(0, rows.First, rows.Count)).all().item<bool>());
            }
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
