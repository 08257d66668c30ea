using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Onnx.Graph;
using Google.Protobuf;

namespace AlexNetService.Onnx.Tests.Support;

/// <summary>The whole network in one graph that holds its weights.</summary>
internal static class OneFileGraph
{
    public static byte[] Build(NetworkArchitecture architecture, NamedWeights weights, IReadOnlyList<double> mean) =>
        AlexNetGraph.Whole(architecture, new GraphWriter(architecture.Columns, weights), mean).ToByteArray();
}
