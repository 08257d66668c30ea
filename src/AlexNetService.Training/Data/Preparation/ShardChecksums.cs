using System.Text;
using AlexNetService.ModelSpec.Files;

namespace AlexNetService.Training.Data.Preparation;

/// <summary>
/// <c>SHA256SUMS</c>: the hash of each finished shard, as <c>sha256sum --check</c> reads it. A shard that is not in it was not finished.
/// </summary>
internal static class ShardChecksums
{
    private const string FileName = "SHA256SUMS";
    private const string Between = "  ";

    /// <summary>Hashes by file name; none where no shard was finished.</summary>
    public static Dictionary<string, string> Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        return File.Exists(path)
            ? File.ReadLines(path).Select(line => line.Split(Between)).Where(parts => parts.Length == 2)
                .ToDictionary(parts => parts[1], parts => parts[0], StringComparer.Ordinal)
            : [];
    }

    /// <summary>Writes the file anew, whole or not at all.</summary>
    public static void Write(string folder, IReadOnlyDictionary<string, string> hashes)
    {
        var lines = hashes.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Value}{Between}{entry.Key}\n");
        WholeFile.Write(Path.Combine(folder, FileName), Encoding.UTF8.GetBytes(string.Concat(lines)));
    }
}
