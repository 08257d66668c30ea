using System.Buffers.Binary;
using System.Formats.Tar;
using Microsoft.Win32.SafeHandles;

namespace AlexNetService.Training.Data.Containers;

/// <summary>
/// A tar file, read in place. System.Formats.Tar reads the headers, which give the offset of each file; the files are then read from any
/// number of threads at once, without a lock and without unpacking.
/// </summary>
internal sealed class TarArchive : IDisposable
{
    private const int Block = 512;
    private const int ChecksumAt = 148;
    private const int ChecksumDigits = 8;
    private const int FirstFiles = 16;

    // POSIX pax and GNU tar: headers whose data describe the next file.
    private const int SizeAt = 124;
    private const int SizeDigits = 12;
    private const int KindAt = 156;
    private const int LargestDescription = 1 << 20;
    private const int MostDescriptions = 4;

    private readonly SafeFileHandle handle;

    public TarArchive(string path)
    {
        FilePath = path;
        try
        {
            RegularFile.Require(path);
            handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new DataSetException(e is InvalidDataException ? e.Message : $"'{path}' cannot be read: {e.Message}", e);
        }
    }

    public string FilePath { get; }

    public string Name => Path.GetFileName(FilePath);

    public TarItem Whole => new(this, Name, 0, RandomAccess.GetLength(handle));

    /// <summary>The tars of a folder in ordinal order; none where the folder has subfolders, and so is another kind of data set.</summary>
    public static IReadOnlyList<string> In(string folder) =>
        Directory.Exists(folder) && !Directory.EnumerateDirectories(folder).Any()
            ? [.. Directory.EnumerateFiles(folder, "*.tar").Order(StringComparer.Ordinal)]
            : [];

    public static string[] FirstNames(string path)
    {
        using var tar = new TarArchive(path);
        return [.. tar.Items().Select(item => item.Name).Take(FirstFiles)];
    }

    /// <summary>Whether a file begins with a tar header, which holds the sum of its own bytes.</summary>
    public static bool Recognises(string path)
    {
        var header = RegularFile.ReadBeginning(path, Block);
        return header.Length == Block && IsHeader(header);
    }

    private static bool IsHeader(ReadOnlySpan<byte> header)
    {
        var (told, sum) = (0, 0);
        for (var i = 0; i < Block; i++)
        {
            var isChecksum = i is >= ChecksumAt and < ChecksumAt + ChecksumDigits;
            sum += isChecksum ? ' ' : header[i];
            told = isChecksum && header[i] is >= (byte)'0' and <= (byte)'7' ? (8 * told) + header[i] - '0' : told;
        }

        return told == sum && header[0] != 0;
    }

    public IEnumerable<TarItem> Items() => Items(Whole);

    /// <summary>The files of a tar inside this one, with their offsets in this one.</summary>
    public IEnumerable<TarItem> Items(TarItem inside)
    {
        var end = inside.Offset + inside.Length;

        // A separate stream, so that several inner tars can be read at once; unbuffered, because only headers are read.
        using var stream = new FileStream(FilePath, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        stream.Position = inside.Offset;
        using var reader = new TarReader(stream, leaveOpen: true);
        var last = inside.Offset;
        var next = inside.Offset;
        while (Next(reader, inside, last, next) is { } entry)
        {
            if (entry.DataOffset - Block >= end)
            {
                // The inner tar lacks the two empty blocks at its end: this entry follows it.
                yield break;
            }

            last = entry.DataOffset;
            if (entry.Length > end - entry.DataOffset)
            {
                throw Damaged(inside, last, $"'{entry.Name}' needs {entry.Length} bytes, and {end - last} are left.");
            }

            next = last + RoundedUp(entry.Length);
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
            {
                var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
                yield return new TarItem(this, name, last, entry.Length);
            }
        }
    }

    /// <summary>Reads a file of the tar.</summary>
    public byte[] Read(TarItem item)
    {
        Listing.RequireSize(item.Name, item.Length);
        try
        {
            var bytes = new byte[item.Length];
            for (var filled = 0; filled < bytes.Length;)
            {
                var read = RandomAccess.Read(handle, bytes.AsSpan(filled), item.Offset + filled);
                filled += read > 0
                    ? read
                    : throw new DataSetException(
                        $"'{FilePath}' ends at byte {item.Offset + filled}, inside '{item.Name}': it was cut short after it was opened. "
                        + "Copy it again.");
            }

            return bytes;
        }
        catch (Exception e) when (e is IOException)
        {
            throw new DataSetException($"'{item.Name}' cannot be read from '{FilePath}' at byte {item.Offset}: {e.Message}", e);
        }
    }

    public void Dispose() => handle.Dispose();

    private TarEntry? Next(TarReader reader, TarItem inside, long last, long next)
    {
        RequireShortDescriptions(inside, next);
        try
        {
            return reader.GetNextEntry(copyData: false);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or FormatException or ArgumentException or OverflowException)
        {
            throw Damaged(inside, last, e.Message);
        }
        catch (NotSupportedException e)
        {
            throw new DataSetException(
                $"'{FilePath}' has an entry that is not read, at or after byte {last}: {e.Message} Pack it again, without --sparse.", e);
        }
    }

    /// <summary>
    /// Requires that long names and extended headers are short, from a header on to that of the next file: System.Formats.Tar reads them
    /// into memory whole.
    /// </summary>
    private void RequireShortDescriptions(TarItem inside, long at)
    {
        Span<byte> header = stackalloc byte[Block];
        for (var headers = 0; headers < MostDescriptions && RandomAccess.Read(handle, header, at) == Block && IsHeader(header)
            && header[KindAt] is (byte)'L' or (byte)'K' or (byte)'x' or (byte)'g'; headers++)
        {
            if (Size(header.Slice(SizeAt, SizeDigits)) is not (>= 0 and <= LargestDescription and var size))
            {
                throw Damaged(inside, at, $"a long name or extended header has more than {LargestDescription} bytes.");
            }

            at += Block + RoundedUp(size);
        }
    }

    /// <summary>A length in a header: octal digits, or, with the first bit set, a big-endian number.</summary>
    private static long Size(ReadOnlySpan<byte> field)
    {
        if (field[0] >= 0x80)
        {
            return field[1..^sizeof(long)].ContainsAnyExcept((byte)0) ? -1 : BinaryPrimitives.ReadInt64BigEndian(field[^sizeof(long)..]);
        }

        long size = 0;
        foreach (var digit in field)
        {
            size = digit is >= (byte)'0' and <= (byte)'7' ? (8 * size) + digit - '0' : size;
        }

        return size;
    }

    private static long RoundedUp(long length) => (length + Block - 1) / Block * Block;

    private DataSetException Damaged(TarItem inside, long at, string reason)
    {
        var inner = inside.Offset == 0 ? "" : $" ('{inside.Name}')";
        return new DataSetException($"'{FilePath}'{inner} is damaged or cut short at or after byte {at}: {reason} Copy it again.");
    }
}

/// <summary>One file in a tar: its name, with '/' and without a leading <c>./</c>, and the place of its bytes in the tar.</summary>
internal readonly record struct TarItem(TarArchive Tar, string Name, long Offset, long Length)
{
    public byte[] Read() => Tar.Read(this);
}
