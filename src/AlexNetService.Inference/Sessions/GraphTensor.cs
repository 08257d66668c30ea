using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AlexNetService.Inference.Sessions;

/// <summary>An input or output of a graph.</summary>
/// <param name="Type">Element type: bytes, floats, half floats, or int32 for places of windows.</param>
/// <param name="RowShape">Dimensions of one row, such as [3,crop,crop] or [classes].</param>
/// <param name="Kind">The answer that an output holds; 0 for inputs and for the maps of a trunk.</param>
internal sealed record GraphTensor(string Name, TensorElementType Type, long[] RowShape, OutputKinds Kind = 0)
{
    /// <summary>Values in a row.</summary>
    public int Values { get; } = checked((int)RowShape.Aggregate(1L, (product, dimension) => product * dimension));

    public int ValueBytes => Type switch
    {
        TensorElementType.UInt8 => 1,
        TensorElementType.Float16 => 2,
        _ => sizeof(float),
    };

    public int RowBytes => checked(ValueBytes * Values);

    /// <summary>Square pictures as the card lays them out.</summary>
    public static GraphTensor OfPixels(string name, Preprocessing input, int side) => new(
        name,
        input.Type == PixelType.UInt8 ? TensorElementType.UInt8 : TensorElementType.Float,
        input.Layout == TensorLayout.Nchw ? [NetworkArchitecture.Channels, side, side] : [side, side, NetworkArchitecture.Channels]);

    /// <summary>Maps between trunk and rest.</summary>
    public static GraphTensor OfMaps(SplitGraph split, int side) => new(split.Maps, TypeOf(split.Type), [split.Count, side, side]);

    public static TensorElementType TypeOf(MapType type) => type switch
    {
        MapType.UInt8 => TensorElementType.UInt8,
        MapType.Float16 => TensorElementType.Float16,
        _ => TensorElementType.Float,
    };
}
