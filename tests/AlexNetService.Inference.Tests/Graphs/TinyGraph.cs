using System.Buffers.Binary;
using System.Text;

namespace AlexNetService.Inference.Tests.Graphs;

/// <summary>
/// Writes the smallest ONNX files that can classify: input → Cast → Flatten → MatMul → Add → logits → Softmax → probabilities.
/// Encoded by hand, field by field of onnx.proto, so that nothing of the house is needed to make a foreign graph.
/// </summary>
internal sealed record TinyGraph
{
    private const int FloatType = 1;
    private const int UInt8Type = 2;

    public bool FloatInput { get; init; }

    /// <summary>Dimensions of the input as declared; 0 is symbolic.</summary>
    public required int[] Input { get; init; }

    public required int Classes { get; init; }

    public bool WithProbabilities { get; init; } = true;

    public bool WithFeatures { get; init; }

    /// <summary>[values of a crop, classes], row-major.</summary>
    public required float[] Weights { get; init; }

    public required float[] Biases { get; init; }

    public byte[] ToModel()
    {
        List<byte[]> nodes =
        [
            FloatInput
                ? Node("Identity", ["image"], ["pixels"])
                : Node("Cast", ["image"], ["pixels"], Int(20, 2), Bytes(1, "to"u8), Int(3, FloatType)),
            Node("Flatten", ["pixels"], ["features"]),
            Node("MatMul", ["features", "weights"], ["product"]),
            Node("Add", ["product", "biases"], ["logits"]),
        ];
        List<byte[]> outputs = [Value("logits", FloatType, [0, Classes])];
        if (WithProbabilities)
        {
            nodes.Add(Node("Softmax", ["logits"], ["probabilities"]));
            outputs.Add(Value("probabilities", FloatType, [0, Classes]));
        }

        if (WithFeatures)
        {
            outputs.Add(Value("features", FloatType, [0, 0]));
        }

        byte[] graph =
        [
            .. nodes.SelectMany(node => Bytes(1, node)),
            .. Bytes(2, "tiny"u8),
            .. Bytes(5, Tensor("weights", [Weights.Length / Classes, Classes], Weights)),
            .. Bytes(5, Tensor("biases", [Classes], Biases)),
            .. Bytes(11, Value("image", FloatInput ? FloatType : UInt8Type, Input)),
            .. outputs.SelectMany(output => Bytes(12, output)),
        ];

        // ModelProto: ir_version 8, opset 17 of the default domain.
        return [.. Int(1, 8), .. Bytes(8, Int(2, 17)), .. Bytes(7, graph)];
    }

    private static byte[] Node(string type, string[] inputs, string[] outputs, params byte[][] attribute) =>
    [
        .. inputs.SelectMany(name => Bytes(1, Encoding.UTF8.GetBytes(name))),
        .. outputs.SelectMany(name => Bytes(2, Encoding.UTF8.GetBytes(name))),
        .. Bytes(4, Encoding.UTF8.GetBytes(type)),
        .. attribute.Length == 0 ? [] : Bytes(5, attribute.SelectMany(part => part).ToArray()),
    ];

    private static byte[] Tensor(string name, int[] dimensions, float[] values)
    {
        var raw = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(i * sizeof(float)), values[i]);
        }

        return
        [
            .. dimensions.SelectMany(dimension => Int(1, dimension)),
            .. Int(2, FloatType),
            .. Bytes(8, Encoding.UTF8.GetBytes(name)),
            .. Bytes(9, raw),
        ];
    }

    private static byte[] Value(string name, int type, int[] dimensions)
    {
        var shape = dimensions.SelectMany(dimension => Bytes(1, dimension == 0 ? Bytes(2, "N"u8) : Int(1, dimension))).ToArray();
        var tensor = (byte[])[.. Int(1, type), .. Bytes(2, shape)];
        return [.. Bytes(1, Encoding.UTF8.GetBytes(name)), .. Bytes(2, Bytes(1, tensor))];
    }

    private static byte[] Int(int field, long value) => [.. Varint(field << 3), .. Varint(value)];

    private static byte[] Bytes(int field, ReadOnlySpan<byte> content) => [.. Varint((field << 3) | 2), .. Varint(content.Length), .. content];

    private static List<byte> Varint(long value)
    {
        var bytes = new List<byte>();
        for (; value > 0x7f; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return bytes;
    }
}
