using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;

namespace AlexNetService.Training.Data.Containers;

/// <summary>
/// ILSVRC-2012's validation photographs as distributed. The names in <c>ILSVRC2012_img_val.tar</c>, such as
/// <c>ILSVRC2012_val_00000001.JPEG</c>, do not tell the class. Text files beside the tar do: either
/// <c>imagenet_2012_validation_synset_labels.txt</c> with one synset for each photograph, or the development kit's ground truth of
/// ILSVRC2012_IDs together with <c>map_clsloc.txt</c>, which gives each ID its synset. A list of synsets in alphabetical order, such as
/// <c>synsets.txt</c>, cannot replace that map: the IDs have another order, and every label would be wrong.
/// </summary>
internal static partial class IlsvrcValidation
{
    private const string Ilsvrc = "ILSVRC2012_img_val.tar";
    private const string DevkitName = "ILSVRC2012_devkit_t12";
    private const string GroundTruth = "ILSVRC2012_validation_ground_truth.txt";
    private const string SynsetLabels = "imagenet_2012_validation_synset_labels.txt";
    private const string ClassMap = "map_clsloc.txt";

    // Bytes; the kit has 6 MB unpacked.
    private const int LargestKit = 64 << 20;

    /// <summary>Opens the validation tar, or its folder unless the training tar is there too; null if the path is neither.</summary>
    public static LabelledPhotographs? TryOpen(string path, bool labelled)
    {
        var tar = Directory.Exists(path) && !TarPhotographs.HoldsIlsvrc(path) ? Path.Combine(path, Ilsvrc) : path;
        if (!File.Exists(tar) || (tar == path && !HoldsPhotographs(tar)))
        {
            return null;
        }

        var name = Listing.NameOf(tar);
        var (file, synsets, names) = SynsetsBeside(tar);
        return TarPhotographs.Open([tar], tars =>
        {
            // All classes of the list, so that a part of the photographs has the same classes as the whole.
            var labels = Listing.SortedLabelsOf(synsets, names);
            var index = labels.ToDictionary(label => label.Id, label => label.Index, StringComparer.Ordinal);
            var places = new SortedDictionary<string, TarItem>(StringComparer.Ordinal);
            foreach (var item in tars[0].Items().Where(item => PhotographName().IsMatch(item.Name)))
            {
                places[Path.GetFileName(item.Name)] = item;
            }

            Photograph[] photographs =
                [.. places.Select(place => new Photograph(place.Key, index[SynsetOf(place.Key, synsets, file)], place.Value.Length))];
            return Listing.OfLabels(name, labels, photographs, labelled, photograph => places[photograph].Read(), [.. tars]);
        });
    }

    private static bool HoldsPhotographs(string tar) =>
        TarArchive.Recognises(tar) && TarArchive.FirstNames(tar) is [var first, ..] && PhotographName().IsMatch(first);

    private static string SynsetOf(string photograph, string[] synsets, string file)
    {
        var number = int.Parse(PhotographName().Match(photograph).Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
        return number >= 1 && number <= synsets.Length
            ? synsets[number - 1]
            : throw new DataSetException(
                $"'{photograph}' has no line in '{file}', which has {synsets.Length} lines. Use the file of ILSVRC-2012.");
    }

    /// <summary>The synset of photograph 1, 2, …, the file that gave them, and names of synsets where the kit's map has them.</summary>
    private static (string File, string[] Synsets, Dictionary<string, string>? Names) SynsetsBeside(string tar)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(tar)) ?? "";
        var (file, lines) = Lines(folder, SynsetLabels) is { } labels ? (SynsetLabels, labels)
            : Lines(folder, GroundTruth) is { } truth ? (GroundTruth, truth)
            : throw new DataSetException(
                $"No file beside '{tar}' tells the classes of its photographs. Put {SynsetLabels} there, with one synset a line, "
                + $"or {GroundTruth} (also in {DevkitName}.tar.gz) and {ClassMap}.");
        if (lines.All(line => line.StartsWith('n')))
        {
            return (file, lines, null);
        }

        // n02119789 1 kit_fox
        var rows = Lines(folder, ClassMap)?.Select(line => line.Split(' ', 3)).Where(row => row.Length == 3).ToArray()
            ?? throw new DataSetException(
                $"'{file}' beside '{tar}' names ILSVRC2012_IDs, and no text file gives their synsets; the kit's meta.mat is not read. "
                + $"Put {ClassMap} there, which the kits since 2014 hold, or {SynsetLabels} with one synset a line.");
        RequireOnce(folder, rows.Select(row => row[1]));
        RequireOnce(folder, rows.Select(row => row[0]));
        var map = rows.ToDictionary(row => row[1], row => (Synset: row[0], Name: row[2].Replace('_', ' ')), StringComparer.Ordinal);
        var synsets = lines.Select((line, i) => map.TryGetValue(line, out var row)
            ? row.Synset
            : throw new DataSetException(
                $"Line {i + 1} of '{file}' beside '{tar}' is '{line}', which is not an ILSVRC2012_ID. Use the file of ILSVRC-2012."));
        return (file, [.. synsets], map.Values.ToDictionary(row => row.Synset, row => row.Name, StringComparer.Ordinal));
    }

    private static void RequireOnce(string folder, IEnumerable<string> ids)
    {
        if (ids.CountBy(id => id, StringComparer.Ordinal).FirstOrDefault(id => id.Value > 1) is { Key: { } twice })
        {
            throw new DataSetException($"'{ClassMap}' of '{folder}' has '{twice}' twice. Use the file of ILSVRC-2012.");
        }
    }

    private static string[]? Lines(string folder, string name) => Find(folder, name) is { } text ? Listing.Lines(name, text) : null;

    /// <summary>Finds a file beside the tar, in the kit's folder beside it, or in the kit as it was downloaded.</summary>
    private static byte[]? Find(string folder, string name)
    {
        string[] folders = [folder, Path.Combine(folder, DevkitName, "data"), Path.Combine(folder, DevkitName)];
        if (folders.Select(place => Path.Combine(place, name)).FirstOrDefault(File.Exists) is { } file)
        {
            return Listing.ReadText(file);
        }

        var archive = Path.Combine(folder, DevkitName + ".tar.gz");
        return File.Exists(archive) ? InArchive(archive, name) : null;
    }

    private static byte[]? InArchive(string archive, string name)
    {
        try
        {
            using var kit = Unpacked(archive);
            using var reader = new TarReader(kit);
            while (reader.GetNextEntry() is { } entry)
            {
                if (entry.DataStream is { } data && Path.GetFileName(entry.Name) == name)
                {
                    var bytes = new byte[data.Length];
                    data.ReadExactly(bytes);
                    return bytes;
                }
            }

            return null;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or FormatException or ArgumentException or OverflowException
            or NotSupportedException)
        {
            throw new DataSetException($"'{archive}' is damaged: {e.Message} Copy it again.", e);
        }
    }

    /// <summary>The kit's tar, in memory: it is small.</summary>
    private static MemoryStream Unpacked(string archive)
    {
        using var stream = new GZipStream(RegularFile.OpenRead(archive), CompressionMode.Decompress);
        var unpacked = new MemoryStream();
        var block = new byte[1 << 16];
        while (stream.Read(block) is > 0 and var read)
        {
            if (unpacked.Length > LargestKit)
            {
                throw new InvalidDataException($"it has more than {LargestKit} bytes unpacked.");
            }

            unpacked.Write(block, 0, read);
        }

        unpacked.Position = 0;
        return unpacked;
    }

    [GeneratedRegex(@"(^|/)ILSVRC2012_val_(?<number>[0-9]{8})\.JPEG$", RegexOptions.ExplicitCapture)]
    private static partial Regex PhotographName();
}
