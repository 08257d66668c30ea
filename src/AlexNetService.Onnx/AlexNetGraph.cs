using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Onnx.Graph;
using AlexNetService.Onnx.Layers;
using Google.Protobuf;
using static AlexNetService.Onnx.Schema.TensorProto.Types;

namespace AlexNetService.Onnx;

/// <summary>Layer table and merged weights → ONNX model.</summary>
public static class AlexNetGraph
{
    private const string Image = "image";
    private const string Logits = "logits";
    private const string Probabilities = "probabilities";
    private const string Features = "features";

    /// <summary>Names of the tensors of every graph that is built here.</summary>
    public static TensorNames Tensors { get; } = new(Image, Logits, Probabilities, Features);

    /// <summary>
    /// Builds the model: uint8 RGB crops [N,3,crop,crop] in; logits, probabilities [N,classes] and features [N,units] out.
    /// </summary>
    /// <param name="architecture">The layer table.</param>
    /// <param name="weights">The merged weights.</param>
    /// <param name="mean">
    /// Mean of the training set, 0..255, subtracted inside the graph: red, green, blue; or, where the table wants a mean image,
    /// [3,crop,crop] row-major.
    /// </param>
    /// <returns>The serialised ModelProto.</returns>
    /// <exception cref="ArchitectureException">
    /// The table describes no network, holds a layer kind without translation, or the weights belong to another table.
    /// </exception>
    /// <exception cref="ArgumentException">The mean has not as many values as the table wants.</exception>
    public static byte[] Build(NetworkArchitecture architecture, NamedWeights weights, IReadOnlyList<double> mean)
    {
        weights.RequireFit(architecture);
        var writer = new GraphWriter(architecture.Columns, weights);
        var crop = CropShape(architecture);
        var features = FeatureSource(architecture);

        var activation = WriteInput(writer, architecture, mean);
        foreach (var row in architecture.Rows())
        {
            var output = row.Layer is Classifier ? Logits : ReferenceEquals(row.Layer, features) ? Features : row.Layer.Name;
            activation = LayerTranslation.Write(writer, row, activation, output);
        }

        writer.Node("Softmax", [Logits], Probabilities, NodeAttribute.Int("axis", 1));

        var graph = writer.Graph;
        graph.Name = architecture.Preset;
        graph.Input.Add(ModelFile.Value(Image, DataType.Uint8, "RGB crops, 0..255", crop.Maps, crop.Height, crop.Width));
        graph.Output.Add(ModelFile.Value(Logits, DataType.Float, "before the softmax", architecture.Classes));
        graph.Output.Add(ModelFile.Value(Probabilities, DataType.Float, "softmax of the logits", architecture.Classes));
        graph.Output.Add(ModelFile.Value(
            Features, DataType.Float, $"{architecture.FeatureLayer.Name}, after its nonlinearity", architecture.FeatureLayer.Units));
        return ModelFile.Wrap(graph, architecture).ToByteArray();
    }

    private static Activation WriteInput(GraphWriter writer, NetworkArchitecture architecture, IReadOnlyList<double> mean)
    {
        if (mean.Count != architecture.MeanValues)
        {
            throw new ArgumentException(
                $"The mean has {mean.Count} values where '{architecture.Preset}' subtracts {architecture.MeanValues}.", nameof(mean));
        }

        var side = architecture.MeanImage ? architecture.Geometry.Crop : 1;
        var constant = writer.Constant(
            architecture.MeanImage ? "mean_image" : "mean_colour",
            [1, NetworkArchitecture.Channels, side, side],
            () => [.. mean.Select(value => (float)value)]);
        var pixels = writer.Node("Cast", [writer.Input(Image)], "pixels", NodeAttribute.Int("to", (int)DataType.Float));
        return new Activation(writer.Node("Sub", [pixels, constant], "centred"), CropShape(architecture), Flat: false);
    }

    private static Shape CropShape(NetworkArchitecture architecture) =>
        new(NetworkArchitecture.Channels, architecture.Geometry.Crop, architecture.Geometry.Crop);

    // The nonlinearity right after the feature layer, or the feature layer itself where none follows it.
    private static Layer FeatureSource(NetworkArchitecture architecture) => architecture.Layers
        .SkipWhile(layer => !ReferenceEquals(layer, architecture.FeatureLayer))
        .Take(2)
        .Last(layer => layer is Dense or Nonlinearity);
}
