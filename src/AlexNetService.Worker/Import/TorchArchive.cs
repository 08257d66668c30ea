using System.IO.Compression;
using System.IO.Hashing;

namespace AlexNetService.Worker.Import;

/// <summary>
/// Reads the weights of a file that <c>torch.save</c> wrote (PyTorch 1.6 and later): a zip with a pickle, <c>data.pkl</c>, which
/// describes the tensors, and an entry of raw numbers, <c>data/KEY</c>, for each storage (PyTorch, notes on serialization semantics). The
/// file holds a state dict, or a dictionary with one under <c>state_dict</c>, <c>model_state_dict</c> or <c>model</c>.
/// </summary>
/// <remarks>No code of the file is run, and memory stays in proportion to the file: no declared size is trusted.</remarks>
internal static class TorchArchive
{
    private const string Pickle = "data.pkl";
    private const string NoZip = "is not a file of torch.save: it does not begin as a zip does.";
    private const int LargestPickle = 16 << 20;
    private const int BeginBytes = 4;

    /// <summary>
    /// Bytes of numbers that a byte of the file may become: deflated weights shrink little, and views of one storage rarely overlap.
    /// </summary>
    private const long LargestExpansion = 20;

    /// <summary>Bytes of numbers that any file may describe: biases of zeros shrink a lot.</summary>
    private const long SmallFile = 1 << 20;

    /// <summary>Where training scripts put the state dict, beside epochs and optimizers.</summary>
    private static readonly string[] Wrappers = ["state_dict", "model_state_dict", "model"];

    /// <summary>Prefixes that wrapping a network adds to its names: data parallelism, a training module, torch.compile.</summary>
    private static readonly string[] Prefixes = ["module.", "model.", "_orig_mod."];

    /// <summary>Reads the tensors of a file by name, as 32-bit floats, without the prefixes that wrapping a network adds.</summary>
    public static IReadOnlyDictionary<string, WeightTensor> Read(string path)
    {
        if (RegularFile.LengthOf(path) == 0)
        {
            throw new InvalidDataException($"'{path}' {NoZip}");
        }

        using var stream = RegularFile.OpenRead(path, SafeTensors.LargestFile);
        try
        {
            var begin = RegularFile.ReadBeginning(path, BeginBytes);
            if (!IsZip(begin))
            {
                throw new InvalidDataException(IsLegacy(begin)
                    ? "is in the format from before PyTorch 1.6. Write it again, in Python: torch.save(torch.load('old.pth'), 'new.pth')."
                    : NoZip);
            }

            using var archive = Open(stream);
            return Read(archive, SmallFile + (LargestExpansion * stream.Length));
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{path}' {e.Message}", e);
        }
    }

    /// <summary>Whether a file begins as those of <c>torch.save</c> do, including the older ones that cannot be read.</summary>
    public static bool Recognises(string path)
    {
        var begin = RegularFile.ReadBeginning(path, BeginBytes);
        return IsZip(begin) || IsLegacy(begin);
    }

    private static bool IsZip(ReadOnlySpan<byte> begin) => begin is [(byte)'P', (byte)'K', 3, 4];

    /// <summary>A pickle of protocol 2 that begins with an integer of ten bytes: the older format's magic number.</summary>
    private static bool IsLegacy(ReadOnlySpan<byte> begin) => begin is [0x80, 2, 0x8A, 10];

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

    private static Dictionary<string, WeightTensor> Read(ZipArchive archive, long mostBytes)
    {
        var pickle = archive.Entries.FirstOrDefault(entry => entry.Name == Pickle)
            ?? throw new InvalidDataException($"is not a file of torch.save: its zip holds no {Pickle}.");
        var root = pickle.FullName[..^Pickle.Length];
        if (archive.GetEntry(root + "constants.pkl") is not null)
        {
            throw new InvalidDataException(
                "is a TorchScript program. Save its weights alone, in Python: torch.save(model.state_dict(), 'weights.pth').");
        }

        if (archive.GetEntry(root + "byteorder") is { } order && Encoding.ASCII.GetString(ReadWhole(order, limit: 16)) != "little")
        {
            throw new InvalidDataException("was written on a big-endian machine, whose byte order is not supported.");
        }

        var named = StateDict(PickleReader.Read(ReadWhole(pickle, LargestPickle)));
        RequireProportion(named.Values.Sum(tensor => tensor.Elements * (long)sizeof(float)), mostBytes);

        // A storage is read once, however many tensors are views of it, and released before the next.
        var tensors = new Dictionary<string, WeightTensor>(StringComparer.Ordinal);
        foreach (var sharing in named.GroupBy(tensor => tensor.Value.Storage))
        {
            var stored = ReadStorage(archive, root, sharing.Key, sharing.First().Key, mostBytes);
            foreach (var (name, tensor) in sharing)
            {
                tensors.Add(name, tensor.View(stored));
            }
        }

        return tensors;
    }

    /// <summary>Finds the tensors of a state dict, without prefixes that all names share.</summary>
    private static Dictionary<string, TorchTensor> StateDict(object? pickled)
    {
        var whole = pickled as Dictionary<string, object?> ?? throw new InvalidDataException(
            "holds no state dict. Save one, in Python: torch.save(model.state_dict(), 'weights.pth').");
        var candidates = Wrappers.Select(wrapper => whole.GetValueOrDefault(wrapper)).OfType<Dictionary<string, object?>>().Append(whole);
        var tensors = candidates.Select(Tensors).FirstOrDefault(tensors => tensors.Count > 0) ?? throw new InvalidDataException(
            $"holds no tensors, neither by name nor under {string.Join(", ", Wrappers)}.");
        while (Prefixes.FirstOrDefault(prefix => tensors.Keys.All(name => name.StartsWith(prefix, StringComparison.Ordinal))) is { } shared)
        {
            tensors = tensors.ToDictionary(tensor => tensor.Key[shared.Length..], tensor => tensor.Value, StringComparer.Ordinal);
        }

        return tensors;
    }

    private static Dictionary<string, TorchTensor> Tensors(Dictionary<string, object?> dictionary)
    {
        var tensors = new Dictionary<string, TorchTensor>(StringComparer.Ordinal);
        foreach (var (name, value) in dictionary)
        {
            if (value is TorchTensor tensor)
            {
                tensors.Add(name, tensor);
            }
        }

        return tensors;
    }

    private static float[] ReadStorage(ZipArchive archive, string root, TorchStorage storage, string tensor, long mostBytes)
    {
        if (storage.Format is not { } format)
        {
            throw new InvalidDataException(
                $"holds a {storage.Type} for {tensor}; weights are read from Float, Half, BFloat16 and DoubleStorage.");
        }

        var entry = archive.GetEntry($"{root}data/{storage.Key}")
            ?? throw new InvalidDataException($"is damaged: it has no values for {tensor}.");
        if (entry.Length != storage.Elements * format.Bytes())
        {
            throw new InvalidDataException(
                $"is damaged: entry {entry.FullName} has {entry.Length} bytes where {storage.Elements * format.Bytes()} are described.");
        }

        RequireProportion(storage.Elements * sizeof(float), mostBytes);
        return Checked(entry, (stream, checksum) => format.Read(stream, (int)storage.Elements, checksum));
    }

    /// <summary>Requires that numbers are in proportion to the file, before memory is allocated for them.</summary>
    private static void RequireProportion(long bytes, long mostBytes)
    {
        if (bytes > mostBytes)
        {
            throw new InvalidDataException(
                $"describes {bytes} bytes of numbers, too many for a file of its size; weights do not shrink like this.");
        }
    }

    private static byte[] ReadWhole(ZipArchiveEntry entry, int limit)
    {
        if (entry.Length > limit)
        {
            throw new InvalidDataException($"has {entry.Length} bytes in {entry.Name}; weights need at most {limit}.");
        }

        return Checked(entry, (stream, checksum) =>
        {
            var bytes = new byte[entry.Length];
            stream.ReadExactly(bytes);
            checksum(bytes);
            return bytes;
        });
    }

    /// <summary>Reads an entry to its end and checks its CRC-32.</summary>
    private static T Checked<T>(ZipArchiveEntry entry, Func<Stream, Action<ReadOnlySpan<byte>>, T> read)
    {
        var checksum = new Crc32();
        try
        {
            using var stream = entry.Open();
            var value = read(stream, checksum.Append);
            return stream.ReadByte() < 0 && checksum.GetCurrentHashAsUInt32() == entry.Crc32
                ? value
                : throw new InvalidDataException("It is longer, or has another checksum, than the directory says.");
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException(
                $"is damaged: entry {entry.FullName} does not have the length and CRC-32 that its zip names.", e);
        }
    }
}
