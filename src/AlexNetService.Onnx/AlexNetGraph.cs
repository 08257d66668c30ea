using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;

namespace AlexNetService.Onnx;

/// <summary>Layer table and merged weights → ONNX model.</summary>
public static class AlexNetGraph
{
    /// <summary>Names of the tensors of every graph that is built here.</summary>
    public static TensorNames Tensors { get; } = new("image", "logits", "probabilities", "features");

    /// <summary>Builds the model: uint8 RGB crops [N,3,crop,crop] in; logits, probabilities [N,classes] and features [N,units] out.</summary>
    /// <param name="architecture">The layer table.</param>
    /// <param name="weights">The merged weights.</param>
    /// <param name="meanColour">Mean red, green, blue of the training set, 0..255, subtracted inside the graph.</param>
    /// <returns>The serialised ModelProto.</returns>
    public static byte[] Build(NetworkArchitecture architecture, NamedWeights weights, IReadOnlyList<double> meanColour) =>
        throw new NotSupportedException();
}
