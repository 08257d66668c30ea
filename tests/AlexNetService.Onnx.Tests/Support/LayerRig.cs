using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Onnx.Graph;
using Google.Protobuf;
using static AlexNetService.Onnx.Schema.TensorProto.Types;

namespace AlexNetService.Onnx.Tests.Support;

/// <summary>One layer alone in a graph: float maps in, float maps out.</summary>
internal static class LayerRig
{
    private const string Input = "in";
    private const string Output = "out";

    /// <summary>Runs a layer on a batch of maps.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="columns">Columns the maps are divided over.</param>
    /// <param name="from">Shape of one element of the batch.</param>
    /// <param name="to">Its shape after the layer, worked out by hand in the test.</param>
    /// <param name="batch">[N,maps,height,width], row-major.</param>
    /// <param name="weights">The layer's weights, by name.</param>
    public static float[] Run(
        Layer layer, int columns, Shape from, Shape to, float[] batch, params (string Name, WeightTensor Tensor)[] weights)
    {
        // A table without layers accepts any weights.
        var architecture = new NetworkArchitecture("rig", columns, new CropGeometry(1, 1), []);
        var writer = new GraphWriter(columns, new NamedWeights(architecture, weights.ToDictionary(w => w.Name, w => w.Tensor)));
        var written = LayerTranslation.Write(
            writer, new LayerRow(layer, from, to, Parameters: 0, MultiplyAdds: 0), new Activation(Input, from, Flat: false), Output);
        Assert.Equal((Output, to), (written.Name, written.Shape));

        var graph = writer.Graph;
        graph.Name = architecture.Preset;
        graph.Input.Add(ModelFile.Value(Input, DataType.Float, "", from.Maps, from.Height, from.Width));
        graph.Output.Add(written.Flat
            ? ModelFile.Value(Output, DataType.Float, "", to.Values)
            : ModelFile.Value(Output, DataType.Float, "", to.Maps, to.Height, to.Width));
        using var runtime = new RuntimeGraph(ModelFile.Wrap(graph, architecture).ToByteArray());
        return runtime.Run(Input, batch, [batch.Length / from.Values, from.Maps, from.Height, from.Width], Output);
    }

    /// <summary>Applies a written-out operation to each element of the batch.</summary>
    public static double[] Plain(Shape from, float[] batch, Func<Maps, Maps> operation) =>
    [
        .. Enumerable.Range(0, batch.Length / from.Values).SelectMany(n =>
            operation(Maps.Of(batch.AsSpan(n * from.Values, from.Values), from.Maps, from.Height, from.Width)).Values),
    ];
}
