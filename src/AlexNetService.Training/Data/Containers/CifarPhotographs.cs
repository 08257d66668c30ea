namespace AlexNetService.Training.Data.Containers;

/// <summary>
/// CIFAR-10's binary version: <c>data_batch_1.bin</c> to <c>data_batch_5.bin</c>, and <c>test_batch.bin</c>, which is opened separately.
/// A record is one byte for the class and the red, green and blue planes of a 32×32 picture (Krizhevsky 2009). The file
/// <c>batches.meta.txt</c> beside them names the classes. Pictures are returned as PNG, without loss, because all data sets give encoded
/// pictures.
/// </summary>
internal static class CifarPhotographs
{
    private const int Side = 32;
    private const int Pixels = 3 * Side * Side;
    private const int RecordLength = 1 + Pixels;
    private const int MostClasses = 10;

    // CIFAR-10's batches have 10,000.
    private const int MostRecords = 100_000;
    private const string Names = "batches.meta.txt";

    /// <summary>Opens one batch, or a folder's training batches as one data set; null if the path holds none.</summary>
    public static LabelledPhotographs? TryOpen(string path, bool labelled)
    {
        string[] files = !Directory.Exists(path) ? [path]
            : [.. Directory.EnumerateFiles(path, "data_batch_*.bin").Order(StringComparer.Ordinal)];
        if (files.Length == 0 || (files[0] == path && !IsBatch(path)))
        {
            return null;
        }

        var list = Path.Combine(Listing.FolderOf(path), Names);
        var labels = Listing.ClassesIn(list)
            ?? throw new DataSetException($"'{list}' is missing. It names CIFAR-10's classes, one a line; put it beside the batches.");
        var records = new Dictionary<string, (string File, int Record)>(StringComparer.Ordinal);
        var photographs = new List<Photograph>();
        foreach (var file in files)
        {
            foreach (var (record, label) in Classes(file).Index())
            {
                var picture = $"{Path.GetFileNameWithoutExtension(file)}/{record:D5}.png";
                records[picture] = (file, record);
                photographs.Add(label < labels.Count
                    ? new Photograph(picture, label, Pixels)
                    : throw new DataSetException(
                        $"Record {record} of '{file}', at byte {(long)record * RecordLength}, is of class {label}, "
                        + $"and {Names} names {labels.Count} classes. Copy the file again."));
            }
        }

        return Listing.OfLabels(
            Listing.NameOf(path), labels, photographs, labelled, picture => Read(records[picture].File, records[picture].Record));
    }

    private static byte[] Read(string file, int record)
    {
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

    private static IEnumerable<byte> Classes(string file)
    {
        using var stream = Open(file);
        if (stream.Length % RecordLength != 0)
        {
            throw new DataSetException(
                $"'{file}' is cut short: the record at byte {stream.Length / RecordLength * RecordLength} has "
                + $"{stream.Length % RecordLength} of {RecordLength} bytes. Copy it again.");
        }

        if (stream.Length / RecordLength is > MostRecords and var records)
        {
            throw new DataSetException($"'{file}' has {records} records; a batch has at most {MostRecords}. Divide it.");
        }

        var record = new byte[RecordLength];
        while (stream.ReadAtLeast(record, RecordLength, throwOnEndOfStream: false) == RecordLength)
        {
            yield return record[0];
        }
    }

    private static FileStream Open(string file)
    {
        try
        {
            return RegularFile.OpenRead(file);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new DataSetException(e.Message, e);
        }
    }

    private static bool IsBatch(string path)
    {
        using var stream = Open(path);
        return path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase) && stream.ReadByte() is >= 0 and < MostClasses;
    }
}
