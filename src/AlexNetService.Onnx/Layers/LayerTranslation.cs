using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Graph;

namespace AlexNetService.Onnx.Layers;

/// <summary>The list of layer kinds: one line and one file beside this one each.</summary>
internal static class LayerTranslation
{
    /// <summary>Writes one layer's nodes.</summary>
    /// <param name="graph">The graph they go to.</param>
    /// <param name="row">The layer and its shapes.</param>
    /// <param name="input">What it reads.</param>
    /// <param name="output">Name of the tensor it writes. Layers that change nothing write none and return their input.</param>
    /// <returns>What the next layer reads.</returns>
    /// <exception cref="ArchitectureException">There is no translation for the layer's kind.</exception>
    public static Activation Write(GraphWriter graph, LayerRow row, Activation input, string output) => row.Layer switch
    {
        Scaling layer => ScalingTranslation.Write(graph, layer, input, output),
        Standardisation layer => StandardisationTranslation.Write(graph, layer, input, output),
        Convolution layer => ConvolutionTranslation.Write(graph, layer, row.Output, input, output),
        Rectifier => RectifierTranslation.Write(graph, input, output),
        HyperbolicTangent => HyperbolicTangentTranslation.Write(graph, input, output),
        LocalResponseNormalisation layer => LocalResponseNormalisationTranslation.Write(graph, layer, input, output),
        MaxPooling layer => MaxPoolingTranslation.Write(graph, layer, row.Output, input, output),
        Dense layer => DenseTranslation.Write(graph, layer, row.Output, input, output),
        Dropout => DropoutTranslation.Write(input),
        Classifier layer => ClassifierTranslation.Write(graph, layer, row.Output, input, output),
        _ => throw new ArchitectureException(
            $"Layer '{row.Layer.Name}' is a {row.Layer.GetType().Name}, and that kind has no translation to ONNX yet. "
            + $"Add one beside {nameof(LayerTranslation)}."),
    };
}
