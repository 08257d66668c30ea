using System.Globalization;
using AlexNetService.Laboratory.Measure;
using AlexNetService.ModelSpec.Architecture;
using Spectre.Console;

namespace AlexNetService.Worker.Inspect;

/// <summary>Prints what there is to know about a network: its layers, the traffic between its columns, its activations.</summary>
internal static class NetworkTables
{
    private static readonly double[] Quantiles = [0.5, 0.9, 0.99, 0.999];

    /// <summary>Prints the layer table with shapes, parameters and multiply-adds of one crop.</summary>
    public static void PrintLayers(NetworkArchitecture architecture, IAnsiConsole console)
    {
        var rows = architecture.Rows();
        var table = Create(["layer", "what", "reads", "output"], ["parameters", "multiply-adds"]);
        foreach (var row in rows)
        {
            Add(
                table,
                row.Layer.Name,
                What(row.Layer),
                Sources(row.Layer),
                row.Output.ToString(),
                Number(row.Parameters),
                Number(row.MultiplyAdds));
        }

        Add(table, "total", "", "", "", Number(rows.Sum(row => row.Parameters)), Number(rows.Sum(row => row.MultiplyAdds)));
        var (canvas, crop) = architecture.Geometry;
        console.WriteLine(
            $"{architecture.Preset}: {architecture.Columns} columns, crops of {crop}×{crop} from a canvas of {canvas}×{canvas}");
        console.Write(table);
        foreach (var difference in AlexNetLayers.Differences(architecture.Preset))
        {
            console.WriteLine(difference);
        }
    }

    /// <summary>
    /// Prints the traffic between the devices of a network's columns in a step of training (Krizhevsky 2012 §3.2, figure 2).
    /// </summary>
    public static void PrintExchange(NetworkArchitecture architecture, int batch, IAnsiConsole console)
    {
        var columns = architecture.Columns;
        if (columns == 1)
        {
            console.WriteLine("One column: there is no other device to send to.");
            return;
        }

        console.WriteLine(
            $"What the devices of {columns} columns send in a step of {batch} crops, 4 bytes a value: maps forward, their gradients back.");
        var table = Create(
            ["layer", "a device computes", "of its own it reads", "of the others", "who sends"], ["bytes forward", "bytes in all"]);
        var total = 0L;
        foreach (var row in architecture.Rows().Where(row => row.Layer is WeightedLayer))
        {
            var forward = BytesForward(row, columns, batch);
            total += 2 * forward;
            Add(
                table,
                row.Layer.Name,
                row.Layer is Classifier ? $"the first: {row.Output}" : $"{Share(row.Output, columns)}",
                row.Layer is WeightedLayer { Reads: Reads.Image } ? $"image {row.Input}" : $"{Share(row.Input, columns)}",
                forward == 0 ? "nothing" : $"{row.Input with { Maps = row.Input.Maps - (row.Input.Maps / columns) }}",
                forward == 0 ? "" : row.Layer is Classifier ? "the others to the first" : "each to each",
                Number(forward),
                Number(2 * forward));
        }

        Add(table, "total", "", "", "", "", "", Number(total));
        console.Write(table);
    }

    /// <summary>Prints statistics of each layer's output, and by how much response normalisation divides.</summary>
    public static void PrintActivations(IReadOnlyList<ActivationStatistics> layers, int photographs, IAnsiConsole console)
    {
        console.WriteLine($"What the layers give for the centre crops of {photographs} photographs; quantiles are of the positive values.");
        string[] quantiles = [.. Quantiles.Select(share => share.ToString("P1", CultureInfo.InvariantCulture))];
        var table = Create(["layer"], ["mean", "deviation", "zeros", .. quantiles, "largest"]);
        foreach (var layer in layers)
        {
            Add(
                table,
                [
                    layer.Layer.Name,
                    Invariant($"{layer.Mean:G3}"),
                    Invariant($"{layer.Deviation:G3}"),
                    Invariant($"{layer.Zeros:P1}"),
                    .. Quantiles.Select(share => Invariant($"{layer.Quantile(share):G3}")),
                    Invariant($"{layer.Quantile(1):G3}"),
                ]);
        }

        console.Write(table);
        foreach (var (before, after) in layers.Zip(layers.Skip(1)).Where(pair => pair.Second.Layer is LocalResponseNormalisation))
        {
            var divided = Quantiles.Select(share => Invariant($"{before.Quantile(share) / after.Quantile(share):F2} at {share:P1}"));
            console.WriteLine($"{after.Layer.Name} divides by {string.Join(", ", divided)}");
        }
    }

    /// <summary>Bytes that cross between devices before a layer can compute; as many gradients come back.</summary>
    private static long BytesForward(LayerRow row, int columns, int batch)
    {
        var others = (long)(row.Input.Values - (row.Input.Values / columns)) * sizeof(float) * batch;
        return row.Layer switch
        {
            Classifier => others,
            WeightedLayer { Reads: Reads.BothColumns } => others * columns,
            _ => 0,
        };
    }

    private static Table Create(string[] texts, string[] numbers)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumns(texts);
        foreach (var number in numbers)
        {
            table.AddColumn(new TableColumn(number).RightAligned().NoWrap());
        }

        return table;
    }

    /// <summary>Adds cells as plain text: a card's names are not markup.</summary>
    private static void Add(Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(cell)));

    private static string What(Layer layer) => layer switch
    {
        Convolution c => $"{c.Kernel}×{c.Kernel} convolution, stride {c.Stride}, padding {c.Padding}"
            + (c.EdgePadding > 0 ? $", {c.EdgePadding} more right and bottom" : ""),
        MaxPooling p => $"max pooling {p.Window}/{p.Stride}",
        LocalResponseNormalisation n => Invariant($"response normalisation n={n.Maps} k={n.K} α={n.Alpha} β={n.Beta}"),
        Scaling s => Invariant($"times {s.Factor}"),
        Standardisation s => $"divided by {string.Join(", ", s.Deviations.Select(d => d.ToString("G5", CultureInfo.InvariantCulture)))}",
        Rectifier => "rectifier",
        HyperbolicTangent => "tanh",
        Dropout d => Invariant($"dropout {d.Rate}"),
        Dense => "dense",
        Classifier => "dense, softmax",
        _ => layer.GetType().Name,
    };

    private static string Sources(Layer layer) => layer is not WeightedLayer weighted ? "" : weighted.Reads switch
    {
        Reads.Image => "image",
        Reads.OwnColumn => "own column",
        _ => "both columns",
    };

    private static Shape Share(Shape whole, int columns) => whole with { Maps = whole.Maps / columns };

    private static string Number(long value) => value == 0 ? "" : value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
