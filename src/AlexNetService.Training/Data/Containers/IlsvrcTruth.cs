using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace AlexNetService.Training.Data.Containers;

/// <summary>
/// The synset of each of ILSVRC-2012's validation photographs, from what lies beside the tar. Either the development kit as distributed
/// (<c>ILSVRC2012_devkit_t12.tar.gz</c>, its folder, or the files from it), whose ground truth names ILSVRC2012_IDs that its
/// <c>meta.mat</c> gives synsets to; or a text file of synsets, one a line. A list of synsets in alphabetical order, such as
/// <c>synsets.txt</c>, cannot stand in for <c>meta.mat</c>: the IDs are in another order, and every label would be wrong.
/// </summary>
/// <param name="Synsets">The synset of photograph 1, 2, ….</param>
/// <param name="Words">Names of the synsets, where they are known.</param>
/// <param name="File">What told the synsets.</param>
internal sealed record IlsvrcTruth(IReadOnlyList<string> Synsets, IReadOnlyDictionary<string, string> Words, string File)
{
    private const string DevkitName = "ILSVRC2012_devkit_t12";
    private const string GroundTruth = "ILSVRC2012_validation_ground_truth.txt";
    private const string SynsetLabels = "imagenet_2012_validation_synset_labels.txt";
    private const string Meta = "meta.mat";
    private const string ClassMap = "map_clsloc.txt";

    /// <summary>Looks beside the tar.</summary>
    /// <param name="tar">The validation tar.</param>
    /// <exception cref="DataSetException">Nothing there tells the synsets; the message says what would.</exception>
    public static IlsvrcTruth Beside(string tar)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(tar)) ?? "";
        var words = SynsetWords.In(folder);
        var (file, lines) = Lines(folder, SynsetLabels) is { } synsets ? (SynsetLabels, synsets)
            : Lines(folder, GroundTruth) is { } truth ? (GroundTruth, truth)
            : throw new DataSetException(
                $"Nothing beside '{tar}' says what its photographs show. Put {DevkitName}.tar.gz there, or {GroundTruth} and {Meta} from it, "
                + $"or a file {SynsetLabels} with a synset a line.");
        if (lines.All(line => line.StartsWith('n')))
        {
            return new IlsvrcTruth(lines, words, file);
        }

        var byId = ById(folder) ?? throw new DataSetException(
            $"'{file}' beside '{tar}' names ILSVRC2012_IDs, and nothing there gives them synsets. Put {DevkitName}.tar.gz or its {Meta} there.");
        var named = words.Count > 0 ? words : byId.Values.ToDictionary(synset => synset.Id, synset => synset.Words, StringComparer.Ordinal);
        var synsetOf = lines.Select((line, i) => byId.TryGetValue(line, out var synset)
            ? synset.Id
            : throw new DataSetException(
                $"Line {i + 1} of '{file}' beside '{tar}' is '{line}', which is no ILSVRC2012_ID. Take the file of ILSVRC-2012."));
        return new IlsvrcTruth([.. synsetOf], named, file);
    }

    /// <summary>Synsets by ILSVRC2012_ID.</summary>
    private static Dictionary<string, (string Id, string Words)>? ById(string folder)
    {
        if (Find(folder, Meta) is { } meta)
        {
            return MatlabStructs.Read(meta, "synsets", "ILSVRC2012_ID", "WNID", "words")
                .ToDictionary(row => row[0], row => (row[1], row[2]), StringComparer.Ordinal);
        }

        // Of the kits since 2014: n02119789 1 kit_fox
        return Lines(folder, ClassMap)?.Select(line => line.Split(' ', 3)).Where(row => row.Length == 3)
            .ToDictionary(row => row[1], row => (row[0], row[2].Replace('_', ' ')), StringComparer.Ordinal);
    }

    private static string[]? Lines(string folder, string name) => Find(folder, name) is { } bytes
        ? Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        : null;

    /// <summary>A file beside the tar, in the kit's folder beside it, or in the kit as it was downloaded.</summary>
    private static byte[]? Find(string folder, string name)
    {
        string[] places = [Path.Combine(folder, name), Path.Combine(folder, DevkitName, "data", name), Path.Combine(folder, DevkitName, name)];
        if (Array.Find(places, System.IO.File.Exists) is { } file)
        {
            return System.IO.File.ReadAllBytes(file);
        }

        var archive = Path.Combine(folder, DevkitName + ".tar.gz");
        return System.IO.File.Exists(archive) ? InArchive(archive, name) : null;
    }

    private static byte[]? InArchive(string archive, string name)
    {
        try
        {
            using var reader = new TarReader(new GZipStream(System.IO.File.OpenRead(archive), CompressionMode.Decompress));
            while (reader.GetNextEntry() is { } entry)
            {
                if (entry.DataStream is { } data && Path.GetFileName(entry.Name) == name)
                {
                    using var bytes = new MemoryStream();
                    data.CopyTo(bytes);
                    return bytes.ToArray();
                }
            }

            return null;
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new DataSetException($"'{archive}' is damaged: {e.Message} Copy it again.", e);
        }
    }
}
