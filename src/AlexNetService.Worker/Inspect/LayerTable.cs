using System.Globalization;
using AlexNetService.ModelSpec.Architecture;
using Spectre.Console;

namespace AlexNetService.Worker.Inspect;

/// <summary>A layer table as people read it.</summary>
internal static class LayerTable
{
    public static void Print(NetworkArchitecture architecture, IAnsiConsole console)
    {
        var rows = architecture.Rows();
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumns("layer", "what", "reads", "output");
        table.AddColumn(new TableColumn("parameters").RightAligned());
        table.AddColumn(new TableColumn("multiply-adds").RightAligned());
        foreach (var row in rows)
        {
            Add(table, row.Layer.Name, What(row.Layer), Reads(row.Layer), row.Output.ToString(), row.Parameters, row.MultiplyAdds);
        }

        Add(table, "total", "", "", "", rows.Sum(row => row.Parameters), rows.Sum(row => row.MultiplyAdds));
        var (canvas, crop) = architecture.Geometry;
        console.WriteLine($"{architecture.Preset}: {architecture.Columns} columns, crops of {crop}×{crop} from a canvas of {canvas}×{canvas}");
        console.Write(table);
        foreach (var difference in AlexNetLayers.Differences(architecture.Preset))
        {
            console.WriteLine(difference);
        }
    }

    /// <summary>Cells as plain text: a card's names are not markup.</summary>
    private static void Add(Table table, string name, string what, string reads, string output, long parameters, long multiplyAdds) =>
        table.AddRow(((string[])[name, what, reads, output, Number(parameters), Number(multiplyAdds)]).Select(cell => new Text(cell)));

    private static string What(Layer layer) => layer switch
    {
        Convolution c => $"{c.Kernel}×{c.Kernel} convolution, stride {c.Stride}, padding {c.Padding}{(c.EdgePadding > 0 ? $", {c.EdgePadding} more right and bottom" : "")}",
        MaxPooling p => $"max pooling {p.Window}/{p.Stride}",
        LocalResponseNormalisation n => string.Create(CultureInfo.InvariantCulture, $"response normalisation n={n.Maps} k={n.K} α={n.Alpha} β={n.Beta}"),
        Scaling s => string.Create(CultureInfo.InvariantCulture, $"times {s.Factor}"),
        Standardisation s => $"divided by {string.Join(", ", s.Deviations.Select(d => d.ToString("G5", CultureInfo.InvariantCulture)))}",
        Rectifier => "rectifier",
        HyperbolicTangent => "tanh",
        Dropout d => string.Create(CultureInfo.InvariantCulture, $"dropout {d.Rate}"),
        Dense => "dense",
        Classifier => "dense, softmax",
        _ => layer.GetType().Name,
    };

    private static string Reads(Layer layer) => layer is not WeightedLayer weighted ? "" : weighted.Reads switch
    {
        ModelSpec.Architecture.Reads.Image => "image",
        ModelSpec.Architecture.Reads.OwnColumn => "own column",
        _ => "both columns",
    };

    private static string Number(long value) => value == 0 ? "" : value.ToString("N0", CultureInfo.InvariantCulture);
}
