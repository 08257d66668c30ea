using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;

namespace AlexNetService.Api.OpenInference;

/// <summary>Names of element types in the protocol.</summary>
internal static class Datatypes
{
    public const string UInt8 = "UINT8";
    public const string Float32 = "FP32";
    public const string Bytes = "BYTES";
}

/// <summary>A request cannot be read as tensors.</summary>
/// <param name="reason">What is wrong and what to send, a sentence.</param>
internal sealed class TensorException(string reason) : Exception(reason);

/// <summary>Elements of tensors, from JSON and from bytes; the shape is checked by whoever knows the model.</summary>
internal static class TensorData
{
    /// <summary>Numbers as the tensor's bytes, lowest byte first.</summary>
    /// <param name="json">One flat list, or lists in lists as the shape says.</param>
    /// <param name="shape">Dimensions.</param>
    /// <param name="datatype">UINT8 or FP32.</param>
    /// <exception cref="TensorException">
    /// Another number of elements, or one that does not fit the type; dimensions below 0, or more of them than memory can hold.
    /// </exception>
    public static byte[] Numbers(ReadOnlySpan<byte> json, IReadOnlyList<long> shape, string datatype)
    {
        var size = datatype == Datatypes.Float32 ? sizeof(float) : 1;
        var count = Count(shape);

        if (count > Array.MaxLength / size)
        {
            throw TooLarge(shape);
        }

        // An element is a digit at least, and a comma: a few bytes of JSON get little memory, whatever their shape claims.
        var bytes = new byte[Math.Min(count, json.Length / 2) * size];
        var next = 0;
        Walk(json, shape, (ref Utf8JsonReader reader) =>
        {
            if (reader.TokenType != JsonTokenType.Number)
            {
                throw new TensorException($"data holds a {reader.TokenType} where {datatype} needs a number.");
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

        TensorException Misfit() => new($"data holds a number that is no {datatype}.");
    }

    /// <summary>Bytes that are strings of base64.</summary>
    /// <param name="json">One flat list, or lists in lists as the shape says.</param>
    /// <param name="shape">Dimensions.</param>
    /// <exception cref="TensorException">Another number of elements, or one that is no base64; dimensions below 0, or too many elements.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Base64(ReadOnlySpan<byte> json, IReadOnlyList<long> shape)
    {
        var elements = new List<ReadOnlyMemory<byte>>();
        Walk(json, shape, (ref Utf8JsonReader reader) => elements.Add(
            reader.TokenType == JsonTokenType.String && reader.TryGetBytesFromBase64(out var bytes)
                ? bytes
                : throw new TensorException("data of BYTES must be strings of base64, which hold encoded photographs.")));
        return elements;
    }

    /// <summary>Elements that each come behind their length, four bytes, lowest first.</summary>
    /// <param name="binary">All of them.</param>
    /// <param name="count">How many there must be.</param>
    /// <exception cref="TensorException">There are more or fewer, or one is cut short.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Prefixed(ReadOnlyMemory<byte> binary, int count)
    {
        var elements = new List<ReadOnlyMemory<byte>>(count);
        while (elements.Count < count)
        {
            if (binary.Length < sizeof(uint)
                || BinaryPrimitives.ReadUInt32LittleEndian(binary.Span) is var length && length > binary.Length - sizeof(uint))
            {
                throw new TensorException(string.Create(
                    CultureInfo.InvariantCulture, $"Element {elements.Count} of the BYTES tensor is cut short; each comes behind its length, 4 bytes, lowest first."));
            }

            elements.Add(binary.Slice(sizeof(uint), (int)length));
            binary = binary[(sizeof(uint) + (int)length)..];
        }

        return binary.IsEmpty ? elements : throw new TensorException($"Behind the {count} elements of the BYTES tensor come {binary.Length} more bytes.");
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
        new($"The shape [{string.Join(',', shape)}] has more elements than memory can hold. Send fewer rows a request.");

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
            throw new TensorException($"data is not as the shape [{string.Join(',', dimensions)}] says.");
        }
    }
}
