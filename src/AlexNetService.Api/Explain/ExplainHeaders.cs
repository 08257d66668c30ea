using AlexNetService.Inference.Explanations;

namespace AlexNetService.Api.Explain;

/// <summary>Headers that say what a map of an explanation shows, because a PNG cannot.</summary>
internal static class ExplainHeaders
{
    private const string ClassId = "Explain-Class-Id";
    private const string ClassLabel = "Explain-Class-Label";
    private const string Probability = "Explain-Probability";
    private const string LargestFall = "Explain-Largest-Fall";
    private const string Models = "Explain-Models";
    private const string Crops = "Explain-Crops";

    /// <summary>The headers, for the OpenAPI document.</summary>
    public static ResponseHeaders All { get; } = new(OfferedTypes.Png, new Dictionary<string, (string Description, string Example)>
    {
        [ClassId] = (
            "Identifier of the explained class. Characters other than printable ASCII, and %, are percent-encoded UTF-8.", "n07749582"),
        [ClassLabel] = ("Name of the explained class, encoded like its identifier.", "lemon"),
        [Probability] = ("Probability of the class with nothing covered, 0 to 1.", "0.8061"),
        [LargestFall] = ("Largest fall of that probability, 0 to 1; 0 if it falls nowhere.", "0.4122"),
        [Models] = ("The models that answered, name and version, separated by commas.", "alexnet-one/1, alexnet-two/1"),
        [Crops] = ("Crops that were averaged each time.", "10"),
    });

    public static void Write(IHeaderDictionary headers, OcclusionMap map, Ensemble ensemble, TestViews views)
    {
        headers[ClassId] = Encoded(map.Label.Id);
        headers[ClassLabel] = Encoded(map.Label.Name);
        headers[Probability] = map.Probability.ToString("0.####", CultureInfo.InvariantCulture);
        headers[LargestFall] = map.LargestFall.ToString("0.####", CultureInfo.InvariantCulture);
        headers[Models] = string.Join(
            ", ", ensemble.Members.Select(member => member.Session.Card).Select(card => $"{card.Name}/{card.Version}"));
        headers[Crops] = ((int)views).ToString(CultureInfo.InvariantCulture);
    }

    // RFC 3986, section 2.1. Headers carry ASCII only.
    private static string Encoded(string text) => string.Concat(text.EnumerateRunes().Select(letter =>
        letter.Value is >= ' ' and < '\x7F' and not '%' ? letter.ToString() : Uri.EscapeDataString(letter.ToString())));
}
