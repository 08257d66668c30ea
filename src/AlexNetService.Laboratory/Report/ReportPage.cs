using System.Reflection;
using System.Xml.Linq;

namespace AlexNetService.Laboratory.Report;

/// <summary>A run as one self-contained HTML file: no scripts, no network, embedded pictures.</summary>
internal static class ReportPage
{
    public const string UsualFile = "report.html";

    private const string Style = "AlexNetService.Laboratory.Report.report.css";

    /// <summary>The page, UTF-8; the final test is null if no photographs were held out.</summary>
    public static byte[] Of(Checkpoint checkpoint, MeasuredRun? measured)
    {
        var manifest = RunCheckpoint.ManifestOf(checkpoint.State);
        var state = checkpoint.State;
        var title = $"{state.Architecture.Preset}, seed {state.Seed}";
        var body = new XElement(
            "main",
            new XElement("h1", title),
            Summary(state),
            measured is null ? null : MeasuredSections.Errors(measured),
            Section(
                "Learning",
                LearningCurves.Loss(state.Epochs),
                LearningCurves.Errors(state.Epochs, state.Labels.Count),
                LearningCurves.Rate(state.Epochs)),
            Filters(checkpoint),
            measured is null ? null : MeasuredSections.Classes(measured),
            measured is null ? null : MeasuredSections.ConfidentErrors(measured),
            Section("Recipe", Facts(manifest.Recipe)),
            Section(
                "Manifest",
                Facts(JsonSerializer.SerializeToElement(manifest, LaboratoryJson.Default.TrainingManifest), without: "recipe")));
        var page = new XElement(
            "html",
            new XAttribute("lang", "en"),
            new XElement(
                "head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                new XElement("meta", new XAttribute("name", "viewport"), new XAttribute("content", "width=device-width, initial-scale=1")),
                new XElement("title", title),
                new XElement("style", StyleSheet())),
            new XElement("body", body));
        return Encoding.UTF8.GetBytes("<!DOCTYPE html>\n" + page.ToString(SaveOptions.DisableFormatting) + "\n");
    }

    internal static XElement Section(string heading, params object?[] content) => new("section", new XElement("h2", heading), content);

    internal static XElement Picture(string type, byte[] bytes, string text, string style) => new(
        "img",
        new XAttribute("class", style),
        new XAttribute("alt", text),
        new XAttribute("src", $"data:{type};base64,{Convert.ToBase64String(bytes)}"));

    internal static string Percent(double share) => $"{100 * share:F2} %";

    private static XElement Summary(TrainingState state) => new(
        "p",
        $"{state.Epochs.Count} epochs of {state.TrainingImages} photographs of '{state.DataSet}', {state.Labels.Count} classes, "
            + $"{state.ValidationImages} held out; {state.Architecture.Rows().Sum(row => row.Parameters):N0} parameters in "
            + $"{state.Architecture.Columns} column{(state.Architecture.Columns == 1 ? "" : "s")}; begun {state.Started:u}.");

    private static XElement? Filters(Checkpoint checkpoint)
    {
        var pictures = FilterPicture.OfColumns(checkpoint.State.Architecture, checkpoint.Weights);
        return pictures.Count == 0 ? null : Section(
            "Filters of the first convolution",
            new XElement("p", "As in the paper's figure 3. Grey is zero; each filter is scaled by its largest weight."),
            new XElement("div", new XAttribute("class", "columns"), pictures.Select((picture, column) => new XElement(
                "figure",
                Picture("image/png", CanvasEncoder.Png(picture.Pixels, picture.Side), $"filters of column {Letter(column)}", "filters"),
                new XElement("figcaption", pictures.Count == 1 ? "all filters" : $"column {Letter(column)}")))));
    }

    private static char Letter(int column) => (char)('a' + column);

    private static XElement Facts(JsonElement facts, string? without = null) => new(
        "table",
        from fact in facts.EnumerateObject()
        where fact.Name != without && fact.Value.ValueKind != JsonValueKind.Null
        select new XElement(
            "tr",
            new XElement("th", new XAttribute("scope", "row"), fact.Name),
            new XElement("td", fact.Value.ValueKind == JsonValueKind.Object
                ? string.Join(", ", fact.Value.EnumerateObject().Select(inner => $"{inner.Name} {inner.Value}"))
                : fact.Value.ToString())));

    private static string StyleSheet()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Style)
            ?? throw new InvalidOperationException($"The resource {Style} is not in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
