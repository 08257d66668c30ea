using System.Text;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// A small graph that cuts windows out of maps where the maps are, so that those of a GPU never come to the host:
/// maps [M,C,S,S] and places [N,s,s] → windows [N,C,s,s]. A place is an index into the M·S·S values of one channel.
/// </summary>
internal static class WindowCut
{
    /// <summary>Name of the input with the maps.</summary>
    public const string Maps = "maps";

    /// <summary>Name of the output.</summary>
    public const string Windows = "windows";

    private const string Places = "places";

    // Numbers of onnx.proto: kinds of attributes. Those of element types are the runtime's.
    private const int IntKind = 2;
    private const int IntsKind = 7;

    /// <summary>The places of windows of a side, a row a window.</summary>
    public static GraphTensor PlacesOf(int side) => new(Places, TensorElementType.Int32, [side, side]);

    /// <summary>
    /// The serialised ModelProto for an element type of maps, written field by field of onnx.proto: this project does not depend on ours
    /// that writes graphs.
    /// </summary>
    public static byte[] Graph(TensorElementType maps)
    {
        var swap = Ints("perm", 1, 0, 2, 3);
        byte[] graph =
        [
            // [M,C,S,S] → [C,M·S·S] → [C,N,s,s] → [N,C,s,s]
            .. Bytes(1, Node("Transpose", [Maps], "channels", swap)),
            .. Bytes(1, Node("Flatten", ["channels"], "values")),
            .. Bytes(1, Node("Gather", ["values", Places], "gathered", [.. Text(1, "axis"), .. Int(20, IntKind), .. Int(3, 1)])),
            .. Bytes(1, Node("Transpose", ["gathered"], Windows, swap)),
            .. Text(2, "windows of maps"),
            .. Bytes(11, Value(Maps, maps, "M", "C", "S", "S")),
            .. Bytes(11, Value(Places, TensorElementType.Int32, "N", "s", "s")),
            .. Bytes(12, Value(Windows, maps, "N", "C", "s", "s")),
        ];

        // ModelProto: ir_version 8, opset 17 of the default domain.
        return [.. Int(1, 8), .. Bytes(8, Int(2, 17)), .. Bytes(7, graph)];
    }

    private static byte[] Node(string type, string[] inputs, string output, params byte[][] attributes) =>
    [
        .. inputs.SelectMany(input => Text(1, input)),
        .. Text(2, output),
        .. Text(4, type),
        .. attributes.SelectMany(attribute => Bytes(5, attribute)),
    ];

    private static byte[] Ints(string name, params int[] values) =>
        [.. Text(1, name), .. Int(20, IntsKind), .. values.SelectMany(value => Int(8, value))];

    private static byte[] Value(string name, TensorElementType type, params string[] dimensions)
    {
        var shape = dimensions.SelectMany(dimension => Bytes(1, Text(2, dimension))).ToArray();
        return [.. Text(1, name), .. Bytes(2, Bytes(1, [.. Int(1, (int)type), .. Bytes(2, shape)]))];
    }

    private static byte[] Int(int field, int value) => [.. Varint(field << 3), .. Varint(value)];

    private static byte[] Bytes(int field, byte[] content) => [.. Varint((field << 3) | 2), .. Varint(content.Length), .. content];

    private static byte[] Text(int field, string text) => Bytes(field, Encoding.ASCII.GetBytes(text));

    private static byte[] Varint(int value) => value < 0x80 ? [(byte)value] : [(byte)(value | 0x80), .. Varint(value >> 7)];
}
