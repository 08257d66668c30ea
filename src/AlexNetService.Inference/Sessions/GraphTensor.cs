using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AlexNetService.Inference.Sessions;

/// <summary>An input or output of a graph.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="Type">Element type: bytes, floats or half floats.</param>
/// <param name="RowShape">Dimensions of one row, such as [3,crop,crop] or [classes].</param>
/// <param name="Kind">The answer that an output holds; 0 for inputs and for the maps of a trunk.</param>
internal sealed record GraphTensor(string Name, TensorElementType Type, long[] RowShape, OutputKinds Kind = 0)
{
    /// <summary>Values in a row.</summary>
    public int Values { get; } = checked((int)RowShape.Aggregate(1L, (product, dimension) => product * dimension));

    public int RowBytes => checked(BytesOf(Type) * Values);

    public static int BytesOf(TensorElementType type) => type switch
    {
        TensorElementType.UInt8 => 1,
        TensorElementType.Float16 => 2,
        _ => sizeof(float),
    };

    public static TensorElementType TypeOf(PixelType type) => type == PixelType.UInt8 ? TensorElementType.UInt8 : TensorElementType.Float;

    public static TensorElementType TypeOf(MapType type) => type switch
    {
        MapType.UInt8 => TensorElementType.UInt8,
        MapType.Float16 => TensorElementType.Float16,
        _ => TensorElementType.Float,
    };
}
