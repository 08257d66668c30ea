using System.Globalization;
using AlexNetService.Imaging;

namespace AlexNetService.Training.Data.Containers;

/// <summary>
/// CIFAR-10's binary version: <c>data_batch_1.bin</c> to <c>data_batch_5.bin</c>, and <c>test_batch.bin</c>, which is opened separately.
/// A record is one byte for the class and the red, green and blue planes of a 32×32 picture (Krizhevsky 2009). The file
/// <c>batches.meta.txt</c> beside them names the classes. Pictures are returned as PNG, without loss, because all data sets give encoded
/// pictures.
/// </summary>
internal sealed class CifarPhotographs : LabelledPhotographs
{
    private const int Side = 32;
    private const int Pixels = 3 * Side * Side;
    private const int RecordLength = 1 + Pixels;
    private const int MostClasses = 10;
    private const string Names = "batches.meta.txt";

    private readonly IReadOnlyDictionary<string, (string File, int Record)> records;

    private CifarPhotographs(string name, Listing listing, IReadOnlyDictionary<string, (string File, int Record)> records)
        : base(name, listing)
    {
        this.records = records;
    }

    /// <summary>Whether a file is named <c>….bin</c> and begins with a class.</summary>
    public static bool RecognisesFile(string path)
    {
        using var stream = File.OpenRead(path);
        return path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase)
            && stream.ReadByte() is >= 0 and < MostClasses;
    }

    /// <summary>Whether a folder holds training batches.</summary>
    public static bool RecognisesFolder(string path) => Batches(path).Any();

    /// <summary>Opens one batch.</summary>
    /// <exception cref="DataSetException">The batch is damaged, or the class names are not beside it.</exception>
    public static LabelledPhotographs OpenFile(string path, bool labelled) =>
        Open(Path.GetFileNameWithoutExtension(path), Path.GetDirectoryName(Path.GetFullPath(path)) ?? "", [path], labelled);

    /// <summary>Opens a folder's training batches as one data set.</summary>
    /// <exception cref="DataSetException">A batch is damaged, or the class names are not beside it.</exception>
    public static LabelledPhotographs OpenFolder(string path, bool labelled) =>
        Open(FolderPhotographs.NameOf(path), path, [.. Batches(path)], labelled);

    public override byte[] Read(string path)
    {
        var (file, record) = records[path];
        var pixels = new byte[Pixels];
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            stream.Position = ((long)record * RecordLength) + 1;
            stream.ReadExactly(pixels);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataSetException($"Record {record} of '{file}' can no longer be read: {e.Message}", e);
        }

        return CanvasEncoder.Png(pixels, Side);
    }

    private static CifarPhotographs Open(string name, string folder, string[] files, bool labelled)
    {
        var labels = Listing.LabelsOf(NamesIn(folder));
        var records = new Dictionary<string, (string, int)>(StringComparer.Ordinal);
        var entries = new List<(string, long, int)>();
        foreach (var file in files)
        {
            foreach (var (label, record) in Classes(file).Index().Select(pair => (pair.Item, pair.Index)))
            {
                var path = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(file)}/{record:D5}.png");
                records[path] = (file, record);
                entries.Add(label < labels.Count
                    ? (path, Pixels, label)
                    : throw new DataSetException(
                        $"Record {record} of '{file}', at byte {(long)record * RecordLength}, is of class {label}, "
                        + $"and {Names} names {labels.Count} classes. Copy the file again."));
            }
        }

        return new CifarPhotographs(name, Listing.OfLabels(name, labels, entries, labelled), records);
    }

    private static IEnumerable<byte> Classes(string file)
    {
        var bytes = File.ReadAllBytes(file);
        if (bytes.Length % RecordLength != 0)
        {
            throw new DataSetException(
                $"'{file}' is cut short: the record at byte {bytes.Length / RecordLength * RecordLength} has "
                + $"{bytes.Length % RecordLength} of {RecordLength} bytes. Copy it again.");
        }

        return Enumerable.Range(0, bytes.Length / RecordLength).Select(record => bytes[record * RecordLength]);
    }

    private static string[] NamesIn(string folder)
    {
        var file = Path.Combine(folder, Names);
        return File.Exists(file)
            ? File.ReadAllLines(file).Select(line => line.Trim()).Where(line => line.Length > 0).ToArray()
            : throw new DataSetException($"'{file}' is missing. It names CIFAR-10's classes, one a line; put it beside the batches.");
    }

    private static IEnumerable<string> Batches(string folder) =>
        Directory.EnumerateFiles(folder, "data_batch_*.bin").Order(StringComparer.Ordinal);
}
