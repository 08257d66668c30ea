using System.Globalization;
using System.Text.RegularExpressions;

namespace AlexNetService.Training.Data.Containers;

/// <summary>
/// ILSVRC-2012's validation photographs as distributed: <c>ILSVRC2012_img_val.tar</c>, whose <c>ILSVRC2012_val_00000001.JPEG</c> and so
/// on say no class, with the classes beside it as <see cref="IlsvrcTruth"/> finds them.
/// </summary>
internal static partial class IlsvrcValidation
{
    private const string Ilsvrc = "ILSVRC2012_img_val.tar";

    /// <summary>Whether a tar holds the validation photographs.</summary>
    public static bool RecognisesFile(string path) =>
        TarArchive.Recognises(path) && TarFolder.FirstNames(path) is [var first, ..] && Photograph().IsMatch(first);

    /// <summary>Whether a folder holds the validation tar, and not the training tar too.</summary>
    public static bool RecognisesFolder(string path) => File.Exists(Path.Combine(path, Ilsvrc)) && !ClassTars.HoldsIlsvrc(path);

    /// <summary>Opens the folder of the validation tar.</summary>
    /// <exception cref="DataSetException">The tar is damaged, or nothing tells the classes.</exception>
    public static LabelledPhotographs OpenFolder(string path, bool labelled) => OpenFile(Path.Combine(path, Ilsvrc), labelled);

    /// <summary>Opens the validation tar.</summary>
    /// <exception cref="DataSetException">The tar is damaged, or nothing tells the classes.</exception>
    public static LabelledPhotographs OpenFile(string path, bool labelled)
    {
        var tar = new TarArchive(path);
        var name = Path.GetFileNameWithoutExtension(path);
        var truth = IlsvrcTruth.Beside(path);

        // Of all classes that the truth knows, so that a part of the photographs has the classes of the whole.
        var labels = Listing.LabelsOf(truth.Synsets.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), truth.Words);
        var index = labels.ToDictionary(label => label.Id, label => label.Index, StringComparer.Ordinal);
        var places = new Dictionary<string, TarPlace>(StringComparer.Ordinal);
        foreach (var item in tar.Items().Where(item => Photograph().IsMatch(item.Name)))
        {
            places[Path.GetFileName(item.Name)] = new TarPlace(tar, item);
        }

        var entries = places.OrderBy(place => place.Key, StringComparer.Ordinal)
            .Select(place => (place.Key, place.Value.Item.Length, index[Synset(place.Key, truth)]));
        return new TarPhotographs(name, Listing.OfLabels(name, labels, [.. entries], labelled), [tar], places);
    }

    private static string Synset(string file, IlsvrcTruth truth)
    {
        var number = int.Parse(Photograph().Match(file).Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
        return number >= 1 && number <= truth.Synsets.Count
            ? truth.Synsets[number - 1]
            : throw new DataSetException($"'{file}' has no line in '{truth.File}', which has {truth.Synsets.Count}. Take the file of ILSVRC-2012.");
    }

    [GeneratedRegex(@"(^|/)ILSVRC2012_val_(?<number>\d{8})\.JPEG$", RegexOptions.ExplicitCapture)]
    private static partial Regex Photograph();
}
