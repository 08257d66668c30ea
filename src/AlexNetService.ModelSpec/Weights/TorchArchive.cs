using System.IO.Compression;
using System.Text;

namespace AlexNetService.ModelSpec.Weights;

/// <summary>
/// Reads the weights of a file that <c>torch.save</c> wrote (PyTorch 1.6 and later): a zip of a pickle, <c>data.pkl</c>, which
/// describes the tensors, and a raw entry <c>data/KEY</c> for each storage (PyTorch, notes on serialization semantics). Taken are a
/// state dict, or a dictionary that holds one under <c>state_dict</c>, <c>model_state_dict</c> or <c>model</c>. No code of the file
/// is ever run.
/// </summary>
public static class TorchArchive
{
    private const string Pickle = "data.pkl";
    private const int LargestPickle = 16 << 20;

    /// <summary>All tensors together; an AlexNet has 61 million values.</summary>
    private const long MostValues = 1 << 29;

    /// <summary>Deflated weights shrink a little; what expands more is none. Small entries may: biases of zeros.</summary>
    private const long LargestExpansion = 20;
    private const long SmallEntry = 1 << 20;

    /// <summary>Reads the tensors of a file by name, as 32-bit floats; prefixes that wrapping a network adds are taken off.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">
    /// The file is truncated or damaged, is in the format from before PyTorch 1.6, or holds something else than weights.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyDictionary<string, WeightTensor> Read(string path)
    {
        using var stream = File.OpenRead(path);
        try
        {
            RequireZip(stream);
            using var archive = Open(stream);
            return Read(archive);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{path}' {e.Message}", e);
        }
    }

    /// <summary>Whether a file begins as those of <c>torch.save</c> do, the older ones that are not read included.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool Recognises(string path)
    {
        using var stream = File.OpenRead(path);
        var begin = Begin(stream);
        return IsZip(begin) || IsLegacy(begin);
    }

    private static void RequireZip(FileStream stream)
    {
        var begin = Begin(stream);
        if (!IsZip(begin))
        {
            throw new InvalidDataException(IsLegacy(begin)
                ? "is in the format from before PyTorch 1.6. Write it again, in Python: torch.save(torch.load('old.pth'), 'new.pth')."
                : "is no file of torch.save: it does not begin as a zip does.");
        }
    }

    private static byte[] Begin(FileStream stream)
    {
        var begin = new byte[4];
        var length = stream.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        return begin[..length];
    }

    private static bool IsZip(byte[] begin) => begin is [(byte)'P', (byte)'K', 3, 4];

    /// <summary>A pickle of protocol 2 that begins with a whole number of ten bytes: the older format's mark.</summary>
    private static bool IsLegacy(byte[] begin) => begin is [0x80, 2, 0x8A, 10];

    private static ZipArchive Open(FileStream stream)
    {
        try
        {
            var archive = new ZipArchive(stream, ZipArchiveMode.Read);
            _ = archive.Entries;
            return archive;
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException("is truncated or damaged: its zip has no directory at the end.", e);
        }
    }

    private static Dictionary<string, WeightTensor> Read(ZipArchive archive)
    {
        var pickle = archive.Entries.FirstOrDefault(entry => entry.Name == Pickle)
            ?? throw new InvalidDataException($"is no file of torch.save: its zip holds no {Pickle}.");
        var root = pickle.FullName[..^Pickle.Length];
        if (archive.GetEntry(root + "constants.pkl") is not null)
        {
            throw new InvalidDataException(
                "is a TorchScript program. Save its weights alone, in Python: torch.save(model.state_dict(), 'weights.pth').");
        }

        if (archive.GetEntry(root + "byteorder") is { } order && Encoding.ASCII.GetString(ReadWhole(order, limit: 16)) != "little")
        {
            throw new InvalidDataException("was written on a big-endian machine, whose numbers are not read here.");
        }

        var named = TorchStateDict.Find(PickleReader.Read(ReadWhole(pickle, LargestPickle)));
        if (named.Sum(tensor => (long)tensor.Value.Elements) > MostValues)
        {
            throw new InvalidDataException($"holds more than {MostValues} values, which no network here has.");
        }

        // A storage is read once, whatever number of tensors are views of it, and let go before the next.
        var tensors = new Dictionary<string, WeightTensor>(StringComparer.Ordinal);
        foreach (var sharing in named.GroupBy(tensor => tensor.Value.Storage))
        {
            var stored = ReadStorage(archive, root, sharing.Key, sharing.First().Key);
            foreach (var (name, tensor) in sharing)
            {
                tensors.Add(name, tensor.View(stored));
            }
        }

        return tensors;
    }

    private static float[] ReadStorage(ZipArchive archive, string root, TorchStorage storage, string tensor)
    {
        if (storage.Format is not { } format)
        {
            throw new InvalidDataException(
                $"holds a {storage.Type} for {tensor}; weights are read from Float, Half, BFloat16 and DoubleStorage.");
        }

        var entry = archive.GetEntry($"{root}data/{storage.Key}")
            ?? throw new InvalidDataException($"is damaged: it has no values for {tensor}.");
        RequireSize(entry, storage.Elements * format.Bytes());
        return Checked(entry, (stream, checksum) => format.Read(stream, (int)storage.Elements, checksum));
    }

    private static byte[] ReadWhole(ZipArchiveEntry entry, int limit)
    {
        if (entry.Length > limit)
        {
            throw new InvalidDataException($"has {entry.Length} bytes in {entry.Name}; weights need no more than {limit}.");
        }

        return Checked(entry, (stream, checksum) =>
        {
            var bytes = new byte[entry.Length];
            stream.ReadExactly(bytes);
            checksum(bytes);
            return bytes;
        });
    }

    /// <summary>Nothing is set aside for an entry before its sizes are plausible.</summary>
    private static void RequireSize(ZipArchiveEntry entry, long bytes)
    {
        if (entry.Length != bytes)
        {
            throw new InvalidDataException(
                $"is damaged: entry {entry.FullName} has {entry.Length} bytes where {bytes} are described.");
        }

        if (bytes > SmallEntry && bytes / LargestExpansion > entry.CompressedLength)
        {
            throw new InvalidDataException(
                $"claims that {entry.CompressedLength} bytes of {entry.FullName} expand to {bytes}; weights do not.");
        }
    }

    /// <summary>Reads an entry to its end and holds it against its CRC-32.</summary>
    private static T Checked<T>(ZipArchiveEntry entry, Func<Stream, Action<ReadOnlySpan<byte>>, T> read)
    {
        var checksum = new Crc32();
        try
        {
            using var stream = entry.Open();
            var value = read(stream, checksum.Append);
            return stream.ReadByte() < 0 && checksum.Value == entry.Crc32
                ? value
                : throw new InvalidDataException("longer, or of another checksum, than the directory says");
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException(
                $"is damaged: entry {entry.FullName} does not have the length and CRC-32 that its zip names.", e);
        }
    }
}
