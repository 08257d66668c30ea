using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace AlexNetService.Client.OpenInference;

/// <summary>A named tensor of the Open Inference Protocol.</summary>
/// <param name="Name">The input's or output's name.</param>
/// <param name="DataType">The protocol's name of its element type, such as <c>FP32</c>.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Data">
/// Its elements, row-major and little-endian. Those of <c>BYTES</c> have their length in front of them, 4 bytes.
/// </param>
public sealed record NamedTensor(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Data)
{
    private static readonly Dictionary<Type, string> TypeNames = new()
    {
        [typeof(bool)] = "BOOL",
        [typeof(byte)] = "UINT8",
        [typeof(ushort)] = "UINT16",
        [typeof(uint)] = "UINT32",
        [typeof(ulong)] = "UINT64",
        [typeof(sbyte)] = "INT8",
        [typeof(short)] = "INT16",
        [typeof(int)] = "INT32",
        [typeof(long)] = "INT64",
        [typeof(Half)] = "FP16",
        [typeof(float)] = "FP32",
        [typeof(double)] = "FP64",
    };

    /// <summary>A tensor of numbers.</summary>
    /// <exception cref="ArgumentException">The protocol has no such type, or the shape has another number of elements.</exception>
    public static NamedTensor Of<T>(string name, ReadOnlySpan<T> values, params IReadOnlyList<long> shape)
        where T : unmanaged
    {
        RequireCount(name, values.Length, shape);
        return new NamedTensor(name, TypeName<T>(), shape, MemoryMarshal.AsBytes(values).ToArray());
    }

    /// <summary>A tensor of byte strings, such as photographs.</summary>
    /// <exception cref="ArgumentException">The shape has another number of elements.</exception>
    public static NamedTensor OfBytes(string name, IReadOnlyList<ReadOnlyMemory<byte>> values, params IReadOnlyList<long> shape)
    {
        RequireCount(name, values.Count, shape);
        var data = new byte[values.Sum(value => sizeof(int) + value.Length)];
        var rest = data.AsSpan();
        foreach (var value in values)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, value.Length);
            value.Span.CopyTo(rest[sizeof(int)..]);
            rest = rest[(sizeof(int) + value.Length)..];
        }

        return new NamedTensor(name, "BYTES", shape, data);
    }

    /// <summary>The elements of a tensor of numbers.</summary>
    /// <exception cref="InvalidOperationException">The tensor has another type.</exception>
    public T[] ToArray<T>()
        where T : unmanaged => TypeName<T>() == DataType
        ? MemoryMarshal.Cast<byte, T>(Data.Span).ToArray()
        : throw new InvalidOperationException($"'{Name}' is {DataType}, not {TypeName<T>()}.");

    /// <summary>The elements of a tensor of byte strings.</summary>
    /// <exception cref="InvalidOperationException">The tensor has another type.</exception>
    public IReadOnlyList<ReadOnlyMemory<byte>> ToByteStrings()
    {
        if (DataType != "BYTES")
        {
            throw new InvalidOperationException($"'{Name}' is {DataType}, not BYTES.");
        }

        var values = new List<ReadOnlyMemory<byte>>();
        for (var rest = Data; !rest.IsEmpty;)
        {
            var end = sizeof(int) + BinaryPrimitives.ReadInt32LittleEndian(rest.Span);
            values.Add(rest[sizeof(int)..end]);
            rest = rest[end..];
        }

        return values;
    }

    private static string TypeName<T>() => TypeNames.GetValueOrDefault(typeof(T))
        ?? throw new ArgumentException($"The Open Inference Protocol has no type for {typeof(T).Name}.");

    private static void RequireCount(string name, int values, IReadOnlyList<long> shape)
    {
        if (values != shape.Aggregate(1L, (count, dimension) => count * dimension))
        {
            throw new ArgumentException($"'{name}' has {values} values for a shape of [{string.Join(',', shape)}].", nameof(values));
        }
    }
}
