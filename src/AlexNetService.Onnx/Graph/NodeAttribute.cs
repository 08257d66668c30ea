using AlexNetService.Onnx.Schema;

namespace AlexNetService.Onnx.Graph;

/// <summary>Attributes of a node.</summary>
internal static class NodeAttribute
{
    public static AttributeProto Int(string name, long value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    public static AttributeProto Float(string name, double value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = (float)value };

    public static AttributeProto Ints(string name, params ReadOnlySpan<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values.ToArray());
        return attribute;
    }

    /// <summary>The same value for rows and columns.</summary>
    public static AttributeProto Square(string name, long side) => Ints(name, side, side);
}
