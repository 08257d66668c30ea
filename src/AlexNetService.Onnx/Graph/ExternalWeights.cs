using System.Globalization;
using System.Security.Cryptography;
using AlexNetService.Onnx.Schema;
using static AlexNetService.Onnx.Schema.TensorProto.Types;

namespace AlexNetService.Onnx.Graph;

/// <summary>
/// The file beside several graphs that holds their initialisers (ONNX external data), each once, however many graphs use it. Runtimes map
/// the file into memory.
/// </summary>
/// <param name="file">Its name in the folder of the graphs.</param>
internal sealed class ExternalWeights(string file)
{
    // Smaller tensors stay in the graph, where optimisers find constants.
    private const int SmallestBytes = 1024;

    // Large tensors start at a page, so that each can be mapped; the others start at a cache line.
    private const int PageBytes = 4096;
    private const int LineBytes = 64;

    private const int ChunkBytes = 1 << 20;

    private readonly Dictionary<string, Place> places = new(StringComparer.Ordinal);
    private readonly List<Place> inOrder = [];
    private long end;

    public bool IsEmpty => inOrder.Count == 0;

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

    /// <summary>Lets a tensor point to its values in the file. Tensors of the same name share one place.</summary>
    /// <param name="tensor">The tensor; its name describes its content.</param>
    /// <param name="values">Its values, little-endian; they must not change before the file is written.</param>
    /// <returns>Whether the values are in the file; small tensors are not.</returns>
    public bool Take(TensorProto tensor, ReadOnlyMemory<byte> values)
    {
        var bytes = values.Length;
        if (bytes < SmallestBytes)
        {
            return false;
        }

        if (!places.TryGetValue(tensor.Name, out var place))
        {
            var alignment = bytes < PageBytes ? LineBytes : PageBytes;
            place = new Place((end + alignment - 1) / alignment * alignment, values);
            places.Add(tensor.Name, place);
            inOrder.Add(place);
            end = place.Offset + bytes;
        }

        tensor.DataLocation = DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = file });
        tensor.ExternalData.Add(Number("offset", place.Offset));
        tensor.ExternalData.Add(Number("length", bytes));
        return true;
    }

    /// <summary>Writes the file.</summary>
    public void Write(Stream stream)
    {
        var written = 0L;
        foreach (var (offset, values) in inOrder)
        {
            stream.Write(new byte[offset - written]);
            for (var start = 0; start < values.Length; start += ChunkBytes)
            {
                stream.Write(values.Span[start..Math.Min(start + ChunkBytes, values.Length)]);
            }

            written = offset + values.Length;
        }
    }

    private static StringStringEntryProto Number(string key, long value) =>
        new() { Key = key, Value = value.ToString(CultureInfo.InvariantCulture) };

    private sealed record Place(long Offset, ReadOnlyMemory<byte> Values);
}
