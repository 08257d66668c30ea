using System.Buffers.Binary;
using System.Text.Json;

namespace AlexNetService.OpenInference;

/// <summary>The protocol's names of element types.</summary>
internal static class Datatypes
{
    public const string UInt8 = "UINT8";
    public const string Float32 = "FP32";
    public const string Bytes = "BYTES";
}

/// <summary>Tensors of a request are malformed or do not fit the model, or those of its answer cannot be written as requested.</summary>
internal sealed class TensorException(string reason) : Exception(reason);

/// <summary>Reads the elements of tensors from JSON and from bytes. The caller has checked the shape against the model.</summary>
internal static class TensorData
{
    /// <summary>Reads numbers, in one flat list or in lists nested as the shape says, into UINT8 or FP32 (little-endian).</summary>
    /// <exception cref="TensorException">
    /// The number of elements differs from the shape, an element does not fit the datatype, or the shape is negative or too large.
    /// </exception>
    public static byte[] Numbers(ReadOnlySpan<byte> json, IReadOnlyList<long> shape, string datatype)
    {
        var size = datatype == Datatypes.Float32 ? sizeof(float) : 1;
        var count = Count(shape);
        if (count > Array.MaxLength / size)
        {
            throw TooLarge(shape);
        }

        // An element takes at least a digit and a comma, so a short JSON gets little memory, whatever its shape claims.
        var bytes = new byte[Math.Min(count, json.Length / 2) * size];
        var next = 0;
        Walk(json, shape, (ref Utf8JsonReader reader) =>
        {
            if (reader.TokenType != JsonTokenType.Number)
            {
                throw new TensorException($"data has a {reader.TokenType} where {datatype} needs a number.");
            }

            if (size == 1)
            {
                bytes[next] = reader.TryGetByte(out var pixel) ? pixel : throw Misfit();
            }
            else
            {
                var value = reader.TryGetSingle(out var single) && float.IsFinite(single) ? single : throw Misfit();
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(next), value);
            }

            next += size;
        });
        return bytes;

        TensorException Misfit() => new($"data has a number that does not fit {datatype}.");
    }

    /// <summary>Reads base64 strings, in one flat list or in lists nested as the shape says.</summary>
    /// <exception cref="TensorException">
    /// The number of elements differs from the shape, an element is not base64, or the shape is negative or too large.
    /// </exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Base64(ReadOnlySpan<byte> json, IReadOnlyList<long> shape)
    {
        var elements = new List<ReadOnlyMemory<byte>>();
        Walk(json, shape, (ref Utf8JsonReader reader) => elements.Add(
            reader.TokenType == JsonTokenType.String && reader.TryGetBytesFromBase64(out var bytes)
                ? bytes
                : throw new TensorException("data of BYTES must be base64 strings of encoded photographs.")));
        return elements;
    }

    /// <summary>Reads elements that each follow their length, a little-endian 32-bit integer.</summary>
    /// <exception cref="TensorException">There are more or fewer elements, or one is cut short.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Prefixed(ReadOnlyMemory<byte> binary, int count)
    {
        var elements = new List<ReadOnlyMemory<byte>>(count);
        while (elements.Count < count)
        {
            if (binary.Length < sizeof(uint)
                || BinaryPrimitives.ReadUInt32LittleEndian(binary.Span) is var length && length > binary.Length - sizeof(uint))
            {
                throw new TensorException(
                    $"Element {elements.Count} of the BYTES tensor is cut short. "
                    + "Send each after its length, a little-endian 32-bit integer.");
            }

            elements.Add(binary.Slice(sizeof(uint), (int)length));
            binary = binary[(sizeof(uint) + (int)length)..];
        }

        return binary.IsEmpty
            ? elements
            : throw new TensorException($"The {count} elements of the BYTES tensor are followed by {binary.Length} more bytes.");
    }

    private delegate void Leaf(ref Utf8JsonReader reader);

    private static long Count(IReadOnlyList<long> shape)
    {
        var count = 1L;
        foreach (var dimension in shape)
        {
            Require(dimension >= 0, shape);
            count = dimension == 0 || count <= Array.MaxLength / dimension ? count * dimension : throw TooLarge(shape);
        }

        return count;
    }

    private static TensorException TooLarge(IReadOnlyList<long> shape) =>
        new($"The shape [{string.Join(',', shape)}] has more elements than fit in memory. Send fewer rows in a request.");

    private static void Walk(ReadOnlySpan<byte> json, IReadOnlyList<long> shape, Leaf leaf)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            throw new TensorException("data must be a list.");
        }

        var dimensions = IsNested(reader) ? shape : [Count(shape)];
        var counts = new long[dimensions.Count];
        for (var depth = 1; depth > 0 && reader.Read();)
        {
            if (reader.TokenType == JsonTokenType.EndArray)
            {
                depth--;
                Require(counts[depth] == dimensions[depth], dimensions);
                counts[depth] = 0;
                continue;
            }

            Require(++counts[depth - 1] <= dimensions[depth - 1], dimensions);
            var isLeaf = depth == dimensions.Count;
            Require(isLeaf != reader.TokenType is JsonTokenType.StartArray, dimensions);
            if (isLeaf)
            {
                leaf(ref reader);
            }
            else
            {
                depth++;
            }
        }
    }

    private static bool IsNested(Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.StartArray;

    private static void Require(bool fits, IReadOnlyList<long> dimensions)
    {
        if (!fits)
        {
            throw new TensorException($"data does not have the shape [{string.Join(',', dimensions)}].");
        }
    }
}
