namespace AlexNetService.Onnx;

/// <summary>The graph of a layer table, from input to outputs.</summary>
public static class AlexNetGraph
{
    private const string Image = "image";
    private const string Logits = "logits";
    private const string Probabilities = "probabilities";
    private const string Features = "features";

    /// <summary>Names of the tensors of every graph that this project builds.</summary>
    public static TensorNames Tensors { get; } = new(Image, Logits, Probabilities, Features);

    /// <summary>Crops → logits, probabilities, features.</summary>
    internal static ModelProto Whole(NetworkArchitecture architecture, GraphWriter writer, IReadOnlyList<double> mean)
    {
        var activation = WriteInput(writer, architecture, mean);
        foreach (var row in architecture.Rows())
        {
            activation = LayerTranslation.Write(writer, row, activation, TensorOf(architecture, row.Layer));
        }

        writer.Node("Softmax", [Logits], Probabilities, OnnxNode.Int("axis", 1));
        var (graph, crop, features) = (writer.Graph, architecture.Geometry.Crop, architecture.FeatureLayer);
        graph.Name = architecture.Preset;
        graph.Input.Add(ModelFile.Value(Image, DataType.Uint8, "RGB crops, 0..255", NetworkArchitecture.Channels, crop, crop));
        graph.Output.Add(ModelFile.Value(Logits, DataType.Float, "before the softmax", architecture.Classes));
        graph.Output.Add(ModelFile.Value(Probabilities, DataType.Float, "softmax of the logits", architecture.Classes));
        graph.Output.Add(ModelFile.Value(Features, DataType.Float, $"{features.Name}, after its nonlinearity", features.Units));
        return ModelFile.Wrap(graph, architecture);
    }

    /// <summary>Name of the tensor that a layer writes, in every graph that this project builds.</summary>
    public static string TensorOf(NetworkArchitecture architecture, Layer layer) =>
        layer is Classifier ? Logits : ReferenceEquals(layer, FeatureSource(architecture)) ? Features : layer.Name;

    private static Activation WriteInput(GraphWriter writer, NetworkArchitecture architecture, IReadOnlyList<double> mean)
    {
        if (mean.Count != architecture.MeanValues)
        {
            throw new ArgumentException(
                $"The mean has {mean.Count} values; '{architecture.Preset}' needs {architecture.MeanValues}.", nameof(mean));
        }

        var crop = architecture.Geometry.Crop;
        var side = architecture.MeanImage ? crop : 1;
        var constant = writer.Constant(
            MeanOf(architecture),
            [1, NetworkArchitecture.Channels, side, side],
            () => [.. mean.Select(value => (float)value)]);
        var pixels = writer.Node("Cast", [writer.Input(Image)], "pixels", OnnxNode.Int("to", (int)DataType.Float));
        var shape = new Shape(NetworkArchitecture.Channels, crop, crop);
        return new Activation(writer.Node("Sub", [pixels, constant], "centred"), shape, Flat: false);
    }

    /// <summary>Name of the initialiser that holds the mean.</summary>
    internal static string MeanOf(NetworkArchitecture architecture) => architecture.MeanImage ? "mean_image" : "mean_colour";

    // The nonlinearity that follows the feature layer, or the feature layer itself where none follows.
    private static Layer FeatureSource(NetworkArchitecture architecture) => architecture.Layers
        .SkipWhile(layer => !ReferenceEquals(layer, architecture.FeatureLayer))
        .Take(2)
        .Last(layer => layer is Dense or Nonlinearity);
}
