using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AlexNetService.Inference.Sessions;

/// <summary>What was found out about the graph that ends in the answers, while it was checked against its card.</summary>
/// <param name="Input">Its only input.</param>
/// <param name="FixedBatch">The only batch size the graph takes, or null where it takes any.</param>
/// <param name="Outputs">The outputs that the card names.</param>
/// <param name="Split">What goes before it, where it is the rest of a split network.</param>
internal sealed record GraphBinding(InputTensor Input, int? FixedBatch, IReadOnlyList<OutputTensor> Outputs, SplitBinding? Split)
{
    public OutputTensor? Find(OutputKinds kind) => Outputs.FirstOrDefault(output => output.Kind == kind);

    /// <summary>The tensors that must be computed to answer; logits stand in where the graph has no softmax.</summary>
    public OutputKinds Needed(OutputKinds kinds) =>
        kinds.HasFlag(OutputKinds.Probabilities) && !has.HasFlag(OutputKinds.Probabilities)
            ? (kinds & ~OutputKinds.Probabilities) | OutputKinds.Logits
            : kinds;

    private readonly OutputKinds has = Outputs.Aggregate((OutputKinds)0, (kinds, output) => kinds | output.Kind);
}

/// <summary>The input of a graph.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="Type">Element type.</param>
/// <param name="RowShape">Its dimensions for one crop, such as [3,crop,crop].</param>
internal sealed record InputTensor(string Name, TensorElementType Type, long[] RowShape);

/// <summary>An output of a graph.</summary>
/// <param name="Kind">What it holds.</param>
/// <param name="Name">Name of the tensor.</param>
/// <param name="CropShape">Its dimensions for one crop, such as [classes] or [classes,1,1].</param>
internal sealed record OutputTensor(OutputKinds Kind, string Name, long[] CropShape)
{
    /// <summary>Values for one crop.</summary>
    public int Values { get; } = (int)CropShape.Aggregate(1L, (product, dimension) => product * dimension);
}

/// <summary>What was found out about a trunk.</summary>
/// <param name="Graph">The card's record of it.</param>
/// <param name="Input">Name of the tensor that takes the pixels.</param>
/// <param name="PixelType">Its element type.</param>
internal sealed record SplitBinding(SplitGraph Graph, string Input, TensorElementType PixelType)
{
    public static TensorElementType TypeOf(MapType type) => type switch
    {
        MapType.UInt8 => TensorElementType.UInt8,
        MapType.Float16 => TensorElementType.Float16,
        _ => TensorElementType.Float,
    };

    /// <summary>Maps of one crop, [maps,window,window].</summary>
    public long[] CropShape => [Graph.Count, Graph.CropSide, Graph.CropSide];

    /// <summary>Maps of one canvas, [maps,side,side].</summary>
    public long[] CanvasShape => [Graph.Count, Graph.CanvasSide, Graph.CanvasSide];
}
