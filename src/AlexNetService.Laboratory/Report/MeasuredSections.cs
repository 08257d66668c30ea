using System.Xml.Linq;

namespace AlexNetService.Laboratory.Report;

internal static class MeasuredSections
{
    /// <summary>Most classes for a whole confusion matrix; with more, the most frequent confusions are listed.</summary>
    private const int LargestMatrix = 25;
    private const int MostPairs = 40;

    /// <summary>Top-1 and top-5 error by number of crops.</summary>
    public static XElement Errors(MeasuredRun measured)
    {
        var hasTop5 = ErrorRates.HasTop5(measured.Best.Labels.Count);
        string[] Top5(string cell) => hasTop5 ? [cell] : [];
        return ReportPage.Section(
            "Held-out photographs",
            Table(
                ["crops", "photographs", "top-1 error", .. Top5("top-5 error")],
                from pair in measured.ByCrops
                orderby pair.Key
                let errors = pair.Value.Errors()
                select (string[])
                    [$"{pair.Key}", $"{errors.Images}", ReportPage.Percent(errors.Top1), .. Top5(ReportPage.Percent(errors.Top5))]));
    }

    public static XElement Classes(MeasuredRun measured)
    {
        var (counts, labels) = (measured.Best.Confusion(), measured.Best.Labels);
        string[] names = [.. labels.Select(label => label.Name)];
        return ReportPage.Section(
            "Classes",
            new XElement("p", $"Top-1 with {measured.ByCrops.Keys.Max()} crops. Rows: class shown; columns: class predicted."),
            labels.Count <= LargestMatrix ? Matrix(counts, names) : Pairs(counts, names));
    }

    public static XElement ConfidentErrors(MeasuredRun measured) => ReportPage.Section(
        "Most confident errors",
        new XElement("div", new XAttribute("class", "gallery"), measured.Wrong.Select(wrong => new XElement(
            "figure",
            ReportPage.Picture("image/jpeg", wrong.Jpeg, wrong.Error.Photograph, "photograph"),
            new XElement(
                "figcaption",
                new XElement("b", wrong.Error.Predicted),
                $" {ReportPage.Percent(wrong.Error.Probability)}",
                new XElement("br"),
                $"is {wrong.Error.Shown}",
                new XElement("br"),
                new XElement("small", wrong.Error.Photograph))))));

    private static XElement Matrix(int[][] counts, string[] names) => new(
        "table",
        new XAttribute("class", "matrix"),
        new XElement("tr", new XElement("th", ""), names.Select(Heading), Heading("error")),
        counts.Select((row, shown) => new XElement(
            "tr",
            Heading(names[shown]),
            row.Select((count, predicted) => Cell(count, row.Sum(), shown == predicted)),
            new XElement("td", row.Sum() == 0 ? "" : ReportPage.Percent(1 - ((double)row[shown] / row.Sum()))))));

    /// <summary>A count; the larger its share of the row, the darker its background.</summary>
    private static XElement Cell(int count, int ofRow, bool right)
    {
        var share = ofRow == 0 ? 0 : Math.Sqrt((double)count / ofRow);
        var colour = $"background:rgb({(right ? "40 140 90" : "200 60 40")} / {share:F2})";
        return new XElement("td", new XAttribute("style", colour), count == 0 ? "" : $"{count}");
    }

    private static XElement Pairs(int[][] counts, string[] names) => Table(
        ["shown", "predicted", "photographs"],
        counts.SelectMany((row, shown) => row.Select((count, predicted) => (Shown: shown, Predicted: predicted, Count: count)))
            .Where(pair => pair.Shown != pair.Predicted && pair.Count > 0)
            .OrderByDescending(pair => pair.Count)
            .Take(MostPairs)
            .Select(pair => (string[])[names[pair.Shown], names[pair.Predicted], $"{pair.Count}"]));

    private static XElement Table(string[] headings, IEnumerable<string[]> rows) => new(
        "table",
        new XElement("tr", headings.Select(Heading)),
        rows.Select(row => new XElement("tr", row.Select(cell => new XElement("td", cell)))));

    private static XElement Heading(string text) => new("th", text);
}
