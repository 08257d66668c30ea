using System.Globalization;
using AlexNetService.Laboratory.Measure;
using AlexNetService.ModelSpec.Architecture;
using Spectre.Console;

namespace AlexNetService.Worker.Inspect;

/// <summary>What the layers of a network give, as people read it.</summary>
internal static class ActivationTable
{
    private static readonly double[] Quantiles = [0.5, 0.9, 0.99, 0.999];

    public static void Print(IReadOnlyList<ActivationStatistics> layers, int photographs, IAnsiConsole console)
    {
        console.WriteLine($"What the layers give for the centre crops of {photographs} photographs; quantiles are of the positive values.");
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn("layer");
        foreach (var name in (string[])["mean", "deviation", "zeros", .. Quantiles.Select(share => share.ToString("P1", CultureInfo.InvariantCulture)), "largest"])
        {
            table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        }

        foreach (var layer in layers)
        {
            table.AddRow(
            [
                new Text(layer.Layer.Name),
                Cell($"{layer.Mean:G3}"),
                Cell($"{layer.Deviation:G3}"),
                Cell($"{layer.Zeros:P1}"),
                .. Quantiles.Select(share => Cell($"{layer.Quantile(share):G3}")),
                Cell($"{layer.Quantile(1):G3}"),
            ]);
        }

        console.Write(table);
        foreach (var (before, after) in layers.Zip(layers.Skip(1)).Where(pair => pair.Second.Layer is LocalResponseNormalisation))
        {
            var divided = Quantiles.Select(share =>
                string.Create(CultureInfo.InvariantCulture, $"{before.Quantile(share) / after.Quantile(share):F2} at {share:P1}"));
            console.WriteLine($"{after.Layer.Name} divides by {string.Join(", ", divided)}");
        }
    }

    private static Text Cell(FormattableString text) => new(text.ToString(CultureInfo.InvariantCulture));
}
