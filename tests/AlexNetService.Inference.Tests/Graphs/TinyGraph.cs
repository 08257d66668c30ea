using System.Buffers.Binary;
using System.Text;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Graphs;

/// <summary>
/// Writes the smallest ONNX files that can classify: input → Cast → Flatten → MatMul → Add → logits → Softmax → probabilities, with a
/// pooling layer after the cast where the network is split into trunk and rest.
/// Encoded by hand, field by field of onnx.proto, so that foreign graphs do not depend on this project's own ONNX code.
/// </summary>
internal sealed record TinyGraph
{
    private const int FloatType = 1;
    private const int UInt8Type = 2;
    private const int Float16Type = 10;
    private const int IntKind = 2;
    private const int IntsKind = 7;

    /// <summary>Name of the maps between trunk and rest.</summary>
    public const string Maps = "maps";

    public bool FloatInput { get; init; }

    /// <summary>Dimensions of the input as declared; 0 is symbolic.</summary>
    public required int[] Input { get; init; }

    public required int Classes { get; init; }

    public bool WithProbabilities { get; init; } = true;

    public bool WithFeatures { get; init; }

    /// <summary>[values of a crop, classes], row-major.</summary>
    public required float[] Weights { get; init; }

    public required float[] Biases { get; init; }

    /// <summary>The pooling layer, or null where there is none.</summary>
    public TinyPool? Pool { get; init; }

    /// <summary>The whole network.</summary>
    public byte[] ToModel() => Model(
        Value("image", InputType, Input),
        [.. TrunkNodes(), .. RestNodes(out var outputs)],
        outputs,
        withWeights: true);

    /// <summary>Cast and pooling: pixels of any side → maps.</summary>
    public byte[] ToTrunk() => Model(
        Value("image", InputType, [0, 3, 0, 0]), TrunkNodes(), [Value(Maps, MapsType, [0, 0, 0, 0])], withWeights: false);

    /// <summary>Maps → outputs.</summary>
    public byte[] ToRest() => Model(Value(Maps, MapsType, [0, 0, 0, 0]), RestNodes(out var outputs), outputs, withWeights: true);

    private int InputType => FloatInput ? FloatType : UInt8Type;

    private int MapsType => Pool?.Type switch
    {
        MapType.UInt8 => UInt8Type,
        MapType.Float16 => Float16Type,
        _ => FloatType,
    };

    private List<byte[]> TrunkNodes() => Pool switch
    {
        null => [Cast("image", Maps, FloatType)],

        // Maps of bytes come from max pooling: average pooling takes floats only.
        { Type: MapType.UInt8 } pool => [Node("MaxPool", ["image"], [Maps], pool.Attributes())],
        { } pool =>
        [
            Cast("image", "pixels", FloatType),
            Node("AveragePool", ["pixels"], ["pooled"], pool.Attributes()),
            Cast("pooled", Maps, MapsType),
        ],
    };

    private List<byte[]> RestNodes(out List<byte[]> outputs)
    {
        List<byte[]> nodes =
        [
            Cast(Maps, "values", FloatType),
            Node("Flatten", ["values"], ["features"]),
            Node("MatMul", ["features", "weights"], ["product"]),
            Node("Add", ["product", "biases"], ["logits"]),
        ];
        outputs = [Value("logits", FloatType, [0, Classes])];
        if (WithProbabilities)
        {
            nodes.Add(Node("Softmax", ["logits"], ["probabilities"]));
            outputs.Add(Value("probabilities", FloatType, [0, Classes]));
        }

        if (WithFeatures)
        {
            outputs.Add(Value("features", FloatType, [0, 0]));
        }

        return nodes;
    }

    private byte[] Model(byte[] input, List<byte[]> nodes, List<byte[]> outputs, bool withWeights)
    {
        byte[] graph =
        [
            .. nodes.SelectMany(node => Bytes(1, node)),
            .. Bytes(2, "tiny"u8),
            .. withWeights ? Bytes(5, Tensor("weights", [Weights.Length / Classes, Classes], Weights)) : [],
            .. withWeights ? Bytes(5, Tensor("biases", [Classes], Biases)) : [],
            .. Bytes(11, input),
            .. outputs.SelectMany(output => Bytes(12, output)),
        ];

        // ModelProto: ir_version 8, opset 17 of the default domain.
        return [.. Int(1, 8), .. Bytes(8, Int(2, 17)), .. Bytes(7, graph)];
    }

    private static byte[] Cast(string from, string to, int type) => Node("Cast", [from], [to], IntAttribute("to", type));

    private static byte[] Node(string type, string[] inputs, string[] outputs, params byte[][] attributes) =>
    [
        .. inputs.SelectMany(name => Bytes(1, Encoding.UTF8.GetBytes(name))),
        .. outputs.SelectMany(name => Bytes(2, Encoding.UTF8.GetBytes(name))),
        .. Bytes(4, Encoding.UTF8.GetBytes(type)),
        .. attributes.SelectMany(attribute => Bytes(5, attribute)),
    ];

    private static byte[] IntAttribute(string name, int value) =>
        [.. Bytes(1, Encoding.UTF8.GetBytes(name)), .. Int(20, IntKind), .. Int(3, value)];

    private static byte[] IntsAttribute(string name, params int[] values) =>
        [.. Bytes(1, Encoding.UTF8.GetBytes(name)), .. Int(20, IntsKind), .. values.SelectMany(value => Int(8, value))];

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

    /// <summary>A pooling layer: the mean of a window, or its maximum where the maps are bytes.</summary>
    /// <param name="Window">Side of the window.</param>
    /// <param name="Step">Pixels between windows.</param>
    /// <param name="Type">Element type of the maps.</param>
    /// <param name="Padding">Zeros at each edge.</param>
    internal sealed record TinyPool(int Window, int Step, MapType Type = MapType.Float32, int Padding = 0)
    {
        public byte[][] Attributes() =>
        [
            IntsAttribute("kernel_shape", Window, Window),
            IntsAttribute("strides", Step, Step),
            .. Padding == 0
                ? []
                : (byte[][])[IntsAttribute("pads", Padding, Padding, Padding, Padding), IntAttribute("count_include_pad", 1)],
        ];
    }

    private static byte[] Int(int field, long value) => [.. Varint(field << 3), .. Varint(value)];

    private static byte[] Bytes(int field, ReadOnlySpan<byte> content) =>
        [.. Varint((field << 3) | 2), .. Varint(content.Length), .. content];

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
