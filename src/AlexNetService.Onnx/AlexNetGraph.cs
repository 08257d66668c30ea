using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx.Graph;
using AlexNetService.Onnx.Schema;
using static AlexNetService.Onnx.Schema.TensorProto.Types;

namespace AlexNetService.Onnx;

/// <summary>The graphs of a layer table, from input to outputs: the whole network, or its trunk and its rest.</summary>
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
        var crop = CropShape(architecture);
        WriteLayers(writer, architecture, architecture.Rows(), WriteInput(writer, architecture, mean));
        writer.Graph.Name = architecture.Preset;
        writer.Graph.Input.Add(ModelFile.Value(Image, DataType.Uint8, "RGB crops, 0..255", crop.Maps, crop.Height, crop.Width));
        WriteOutputs(writer, architecture);
        return ModelFile.Wrap(writer.Graph, architecture);
    }

    /// <summary>Canvases or crops, all of one size → the maps that crops share.</summary>
    internal static ModelProto Trunk(NetworkArchitecture architecture, SharedTrunk trunk, GraphWriter writer, IReadOnlyList<double> mean)
    {
        var maps = WriteLayers(writer, architecture, architecture.Rows().Take(trunk.Layers), WriteInput(writer, architecture, mean));
        writer.Graph.Name = architecture.Preset + ".trunk";
        writer.Graph.Input.Add(ModelFile.OpenMaps(
            Image, DataType.Uint8, "RGB canvases or crops, 0..255", NetworkArchitecture.Channels, "height", "width"));
        writer.Graph.Output.Add(ModelFile.OpenMaps(
            maps.Name, DataType.Float, $"one place for every {trunk.Step} pixels", trunk.Crop.Maps, "rows", "columns"));
        return ModelFile.Wrap(writer.Graph, architecture);
    }

    /// <summary>The maps of crops → logits, probabilities, features.</summary>
    internal static ModelProto Rest(NetworkArchitecture architecture, SharedTrunk trunk, GraphWriter writer)
    {
        var (name, shape) = (MapsOf(architecture, trunk), trunk.Crop);
        var maps = new Activation(writer.Input(name), shape, Flat: false);
        WriteLayers(writer, architecture, architecture.Rows().Skip(trunk.Layers), maps);
        writer.Graph.Name = architecture.Preset + ".rest";
        writer.Graph.Input.Add(ModelFile.Value(
            name, DataType.Float, "the crops' windows of the trunk's maps", shape.Maps, shape.Height, shape.Width));
        WriteOutputs(writer, architecture);
        return ModelFile.Wrap(writer.Graph, architecture);
    }

    /// <summary>Name of the tensor between trunk and rest: the output of the trunk's last layer.</summary>
    internal static string MapsOf(NetworkArchitecture architecture, SharedTrunk trunk) => architecture.Layers[trunk.Layers - 1].Name;

    /// <summary>Name of the tensor that a layer writes, in every graph that this project builds.</summary>
    public static string TensorOf(NetworkArchitecture architecture, Layer layer) =>
        layer is Classifier ? Logits : ReferenceEquals(layer, FeatureSource(architecture)) ? Features : layer.Name;

    private static Activation WriteLayers(
        GraphWriter writer, NetworkArchitecture architecture, IEnumerable<LayerRow> rows, Activation activation)
    {
        foreach (var row in rows)
        {
            activation = LayerTranslation.Write(writer, row, activation, TensorOf(architecture, row.Layer));
        }

        return activation;
    }

    private static void WriteOutputs(GraphWriter writer, NetworkArchitecture architecture)
    {
        writer.Node("Softmax", [Logits], Probabilities, NodeAttribute.Int("axis", 1));
        var outputs = writer.Graph.Output;
        outputs.Add(ModelFile.Value(Logits, DataType.Float, "before the softmax", architecture.Classes));
        outputs.Add(ModelFile.Value(Probabilities, DataType.Float, "softmax of the logits", architecture.Classes));
        outputs.Add(ModelFile.Value(
            Features, DataType.Float, $"{architecture.FeatureLayer.Name}, after its nonlinearity", architecture.FeatureLayer.Units));
    }

    private static Activation WriteInput(GraphWriter writer, NetworkArchitecture architecture, IReadOnlyList<double> mean)
    {
        if (mean.Count != architecture.MeanValues)
        {
            throw new ArgumentException(
                $"The mean has {mean.Count} values; '{architecture.Preset}' needs {architecture.MeanValues}.", nameof(mean));
        }

        var side = architecture.MeanImage ? architecture.Geometry.Crop : 1;
        var constant = writer.Constant(
            MeanOf(architecture),
            [1, NetworkArchitecture.Channels, side, side],
            () => [.. mean.Select(value => (float)value)]);
        var pixels = writer.Node("Cast", [writer.Input(Image)], "pixels", NodeAttribute.Int("to", (int)DataType.Float));
        return new Activation(writer.Node("Sub", [pixels, constant], "centred"), CropShape(architecture), Flat: false);
    }

    /// <summary>Name of the initialiser that holds the mean.</summary>
    internal static string MeanOf(NetworkArchitecture architecture) => architecture.MeanImage ? "mean_image" : "mean_colour";

    private static Shape CropShape(NetworkArchitecture architecture) =>
        new(NetworkArchitecture.Channels, architecture.Geometry.Crop, architecture.Geometry.Crop);

    // The nonlinearity that follows the feature layer, or the feature layer itself where none follows.
    private static Layer FeatureSource(NetworkArchitecture architecture) => architecture.Layers
        .SkipWhile(layer => !ReferenceEquals(layer, architecture.FeatureLayer))
        .Take(2)
        .Last(layer => layer is Dense or Nonlinearity);
}
