using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace AlexNetService.ModelSpec.Weights;

/// <summary>
/// A safetensors file: eight bytes of header length, a JSON header naming each tensor's type, dimensions and place, then the values,
/// little-endian (the format of the safetensors project). 32-bit floats are written; 16-bit, bfloat16 and 64-bit ones are read as
/// well and become 32-bit. The SHA-256 of metadata and values stands in the metadata under <c>alexnet.sha256</c>, so that a damaged
/// file is told from a good one; files of other software have none.
/// </summary>
public sealed record SafeTensors(IReadOnlyDictionary<string, WeightTensor> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    private const string MetadataKey = "__metadata__";
    private const string HashKey = "alexnet.sha256";

    /// <summary>Bytes; the state of a run and a thousand labels take less than 1 MB. The format itself allows 100 MB.</summary>
    public const int LargestHeader = 16 << 20;

    /// <summary>Bytes; a checkpoint of the full network takes 490 MB.</summary>
    public const long LargestFile = 2L << 30;

    private const int MostTensors = 10_000; // a checkpoint has 32

    /// <summary>Writes the file as a whole or not at all: beside its place, flushed to disk, then renamed over it.</summary>
    /// <exception cref="IOException">
    /// The disk is full or the folder cannot be written; an earlier file at the path is untouched.
    /// </exception>
    public void Write(string path)
    {
        var ordered = Tensors.OrderBy(tensor => tensor.Key, StringComparer.Ordinal).ToArray();
        var header = Header(ordered);
        WholeFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (var (_, tensor) in ordered)
            {
                stream.Write(MemoryMarshal.AsBytes(tensor.Values.AsSpan()));
            }
        });
    }

    /// <summary>Reads a file and checks it whole.</summary>
    /// <exception cref="InvalidDataException">The file is truncated, damaged, or holds something else than real numbers.</exception>
    public static SafeTensors Read(string path)
    {
        try
        {
            return ReadChecked(path);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or OverflowException or ArgumentException
            or KeyNotFoundException or IndexOutOfRangeException)
        {
            // What JsonElement throws when a field is missing, has another kind or range, or stands there twice.
            throw new InvalidDataException($"'{path}' has a header that describes no tensors: {e.Message}", e);
        }
    }

    private static SafeTensors ReadChecked(string path)
    {
        using var stream = RegularFile.OpenRead(path, LargestFile);
        using var header = ReadHeader(path, stream);
        RequireFew(path, header.RootElement);
        var tensors = new Dictionary<string, WeightTensor>(StringComparer.Ordinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var metadata = MetadataOf(header.RootElement);
        var isHashed = metadata.Remove(HashKey, out var expected);
        Append(hash, metadata);
        var values = stream.Position;
        foreach (var (name, entry) in Entries(header.RootElement).OrderBy(entry => Offset(path, entry.Value, end: 0)))
        {
            if (Offset(path, entry, end: 0) != stream.Position - values)
            {
                throw new InvalidDataException($"'{path}': tensor {name} does not begin where the one before it ends.");
            }

            tensors.Add(name, ReadTensor(path, name, stream, entry, hash));
            if (Offset(path, entry, end: 1) != stream.Position - values)
            {
                throw new InvalidDataException($"'{path}': the place of tensor {name} does not fit its shape.");
            }
        }

        if (stream.Position != stream.Length)
        {
            throw new InvalidDataException($"'{path}' has {stream.Length - stream.Position} bytes behind its last tensor.");
        }

        if (isHashed && expected != Convert.ToHexStringLower(hash.GetHashAndReset()))
        {
            throw new InvalidDataException($"'{path}' is damaged: it does not have the SHA-256 that its header names.");
        }

        return new SafeTensors(tensors, metadata);
    }

    private byte[] Header(KeyValuePair<string, WeightTensor>[] ordered)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, Metadata);
        var entries = new JsonObject();
        long offset = 0;
        foreach (var (name, tensor) in ordered)
        {
            var bytes = MemoryMarshal.AsBytes(tensor.Values.AsSpan());
            hash.AppendData(bytes);
            entries.Add(name, new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. tensor.Dimensions.Select(dimension => (JsonNode)dimension)]),
                ["data_offsets"] = new JsonArray(offset, offset + bytes.Length),
            });
            offset += bytes.Length;
        }

        var metadata = new JsonObject([.. Metadata.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value))])
        {
            [HashKey] = Convert.ToHexStringLower(hash.GetHashAndReset()),
        };
        entries.Insert(0, MetadataKey, metadata);
        var json = JsonSerializer.SerializeToUtf8Bytes(entries);

        // Values begin at a multiple of eight bytes; the format pads the header with spaces.
        var padded = new byte[(json.Length + 7) / 8 * 8];
        padded.AsSpan().Fill((byte)' ');
        json.CopyTo(padded, 0);
        return padded;
    }

    private static JsonDocument ReadHeader(string path, FileStream stream)
    {
        Span<byte> length = stackalloc byte[8];
        try
        {
            stream.ReadExactly(length);
            var bytes = BinaryPrimitives.ReadInt64LittleEndian(length);
            if (bytes is < 2 or > LargestHeader)
            {
                throw new InvalidDataException($"'{path}' is not a safetensors file of weights: its header would have {bytes} bytes.");
            }

            if (bytes > stream.Length - stream.Position)
            {
                throw new EndOfStreamException();
            }

            var header = new byte[bytes];
            stream.ReadExactly(header);
            return JsonDocument.Parse(header);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"'{path}' is truncated: it ends inside its header.", e);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}' has a header that is no JSON: {e.Message}", e);
        }
    }

    /// <summary>The tensors of a header, as a document that is read where it lies: 16 MiB of JSON would be gigabytes of nodes.</summary>
    private static IEnumerable<(string Name, JsonElement Value)> Entries(JsonElement header) =>
        header.EnumerateObject().Where(entry => entry.Name != MetadataKey).Select(entry => (entry.Name, entry.Value));

    private static void RequireFew(string path, JsonElement header)
    {
        if (header.GetPropertyCount() is > MostTensors and var tensors)
        {
            throw new InvalidDataException($"'{path}' names {tensors} tensors; at most {MostTensors} are read.");
        }
    }

    private static Dictionary<string, string> MetadataOf(JsonElement header) => header.TryGetProperty(MetadataKey, out var metadata)
        ? metadata.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString() ?? "", StringComparer.Ordinal)
        : new Dictionary<string, string>(StringComparer.Ordinal);

    private static WeightTensor ReadTensor(string path, string name, FileStream stream, JsonElement entry, IncrementalHash hash)
    {
        var type = entry.GetProperty("dtype").GetString();
        FloatFormat? stored = type switch
        {
            "F32" => FloatFormat.Float32,
            "F16" => FloatFormat.Float16,
            "BF16" => FloatFormat.BFloat16,
            "F64" => FloatFormat.Float64,
            _ => null,
        };
        if (stored is not { } format)
        {
            throw new InvalidDataException($"'{path}': tensor {name} holds {type}; only F32, F16, BF16 and F64 are read.");
        }

        var shape = entry.GetProperty("shape");
        if (shape.GetArrayLength() is > WeightTensor.MostDimensions and var count)
        {
            throw new InvalidDataException(
                $"'{path}': tensor {name} has {count} dimensions; at most {WeightTensor.MostDimensions} are read.");
        }

        int[] dimensions = [.. shape.EnumerateArray().Select(dimension => dimension.GetInt32())];
        var length = dimensions.Aggregate(1L, (product, dimension) => checked(product * dimension));
        if (dimensions.Any(dimension => dimension < 0) || length > (stream.Length - stream.Position) / format.Bytes())
        {
            throw new InvalidDataException($"'{path}' is truncated: it ends inside tensor {name}.");
        }

        return new WeightTensor(dimensions, format.Read(stream, (int)length, hash.AppendData));
    }

    private static void Append(IncrementalHash hash, IReadOnlyDictionary<string, string> metadata)
    {
        foreach (var (key, text) in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{key}\0{text}\0"));
        }
    }

    private static long Offset(string path, JsonElement entry, int end) => entry.TryGetProperty("data_offsets", out var offsets)
        ? offsets[end].GetInt64()
        : throw new InvalidDataException($"'{path}': a tensor has no data_offsets.");
}
