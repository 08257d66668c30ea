using System.Security.Cryptography;

namespace AlexNetService.Onnx.Graph;

/// <summary>
/// The file beside several graphs that holds their initialisers (ONNX external data), each once, however many graphs use it. Runtimes map
/// the file into memory.
/// </summary>
internal sealed class ExternalWeights
{
    // Smaller tensors stay in the graph, where optimisers find constants.
    private const int SmallestBytes = 1024;

    // Large tensors start at a page, so that each can be mapped; the others start at a cache line.
    private const int PageBytes = 4096;
    private const int LineBytes = 64;

    private const int ChunkBytes = 1 << 20;

    private readonly OrderedDictionary<string, (long Offset, Array Values)> places = new(StringComparer.Ordinal);
    private long end;

    public bool IsEmpty => places.Count == 0;

    /// <summary>SHA-256 of the file, lower-case hexadecimal.</summary>
    public string Sha256()
    {
        using var hash = SHA256.Create();
        using (var hashing = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write))
        {
            Write(hashing);
        }

        return Convert.ToHexStringLower(hash.Hash.AsSpan());
    }

    /// <summary>
    /// Lets a tensor point to its values, an array of floats or bytes that must not change before the file is written. A tensor's name
    /// describes its content: tensors of the same name share one place.
    /// </summary>
    /// <returns>Whether the values are in the file; small tensors are not.</returns>
    public bool Take(TensorProto tensor, Array values)
    {
        var bytes = Buffer.ByteLength(values);
        if (bytes < SmallestBytes)
        {
            return false;
        }

        if (!places.TryGetValue(tensor.Name, out var place))
        {
            var alignment = bytes < PageBytes ? LineBytes : PageBytes;
            place = ((end + alignment - 1) / alignment * alignment, values);
            places.Add(tensor.Name, place);
            end = place.Offset + bytes;
        }

        tensor.DataLocation = DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = ModelPackage.DefaultWeightsFile });
        tensor.ExternalData.Add(Number("offset", place.Offset));
        tensor.ExternalData.Add(Number("length", bytes));
        return true;
    }

    public void Write(Stream stream)
    {
        var written = 0L;
        foreach (var (offset, values) in places.Values)
        {
            stream.Write(new byte[offset - written]);
            var bytes = BytesOf(values);
            for (var start = 0; start < bytes.Length; start += ChunkBytes)
            {
                stream.Write(bytes[start..Math.Min(start + ChunkBytes, bytes.Length)]);
            }

            written = offset + bytes.Length;
        }
    }

    /// <summary>An array's bytes without a copy: the full network has 244 MB of weights.</summary>
    public static ReadOnlySpan<byte> BytesOf(Array values) =>
        MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(values), Buffer.ByteLength(values));

    private static StringStringEntryProto Number(string key, long value) =>
        new() { Key = key, Value = value.ToString(CultureInfo.InvariantCulture) };
}
