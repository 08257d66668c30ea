using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx.Schema;
using AlexNetService.Onnx.Tests.Support;

namespace AlexNetService.Onnx.Tests;

public sealed class GraphTemperatureTests
{
    private static readonly NetworkArchitecture Architecture = AlexNetLayers.ForCifar();
    private static readonly byte[] Plain = OneFileGraph.Build(Architecture, new Draws(12).Weights(Architecture), [120, 115, 100]);

    [Theory]
    [InlineData(0.5)]
    [InlineData(3)]
    public void Temperature_InTheGraph_DividesTheLogitsOfTheSoftmaxAlone(double temperature)
    {
        var (logits, _) = Run(Plain);

        var (raw, probabilities) = Run(GraphTemperature.Set(Plain, AlexNetGraph.Tensors, temperature));

        Assert.Equal(logits, raw);
        var largest = logits.Max();
        var powers = logits.Select(logit => Math.Exp((logit - largest) / temperature)).ToArray();
        Close.Relative(1e-5, [.. powers.Select(power => power / powers.Sum())], probabilities);
    }

    [Fact]
    public void Temperature_SetAgain_ReplacesTheOneBefore() => Assert.Equal(
        GraphTemperature.Set(Plain, AlexNetGraph.Tensors, 3),
        GraphTemperature.Set(GraphTemperature.Set(Plain, AlexNetGraph.Tensors, 0.5), AlexNetGraph.Tensors, 3));

    [Fact]
    public void Temperature_OfOne_IsThePlainGraphAgain() => Assert.Equal(
        Plain, GraphTemperature.Set(GraphTemperature.Set(Plain, AlexNetGraph.Tensors, 3), AlexNetGraph.Tensors, 1));

    [Fact]
    public void Temperature_InAGraphWithFieldsThatAreNotWrittenHere_KeepsThem()
    {
        // ModelProto.model_version is field 5, and none of ours.
        byte[] foreign = [.. Plain, 5 << 3, 42];

        var changed = GraphTemperature.Set(foreign, AlexNetGraph.Tensors, 3);

        Assert.Equal(foreign.Order(), GraphTemperature.Set(changed, AlexNetGraph.Tensors, 1).Order());
    }

    [Theory]
    [InlineData("logits", "features")]
    [InlineData("features", "probabilities")]
    [InlineData("logits", null)]
    [InlineData(null, "probabilities")]
    public void Temperature_WhereNoSoftmaxStandsOverTheLogits_IsRefused(string? logits, string? probabilities) =>
        Assert.Throws<ArgumentException>(() => GraphTemperature.Set(Plain, new TensorNames("image", logits, probabilities), 3));

    [Fact]
    public void Temperature_InTheGraph_IsSaidOfItsOutput()
    {
        var graph = ModelProto.Parser.ParseFrom(GraphTemperature.Set(Plain, AlexNetGraph.Tensors, 1.25)).Graph;

        Assert.Equal("softmax of the logits / 1.25", graph.Output.Single(output => output.Name == "probabilities").DocString);
    }

    private static (float[] Logits, float[] Probabilities) Run(byte[] model)
    {
        var crop = Architecture.Geometry.Crop;
        var pixels = new byte[3 * crop * crop];
        new Random(4).NextBytes(pixels);
        using var graph = new RuntimeGraph(model);
        var found = graph.Run("image", pixels, [1, 3, crop, crop], ["logits", "probabilities"]);
        return (found[0], found[1]);
    }
}
