using Spectre.Console;

namespace AlexNetService.Worker.Inspect;

/// <summary>Prints a network's layers, the traffic between its columns, and its activations.</summary>
internal static class NetworkTables
{
    private static readonly double[] Quantiles = [0.5, 0.9, 0.99, 0.999];

    /// <summary>Prints the layer table with shapes, parameters and multiply-adds of one crop.</summary>
    public static void PrintLayers(NetworkArchitecture architecture)
    {
        var rows = architecture.Rows();
        var table = Tables.Create(["layer", "what", "reads", "output"], ["parameters", "multiply-adds"]);
        foreach (var row in rows)
        {
            table.Add(
                row.Layer.Name, What(row.Layer), Sources(row.Layer), $"{row.Output}", Number(row.Parameters), Number(row.MultiplyAdds));
        }

        table.Add("total", "", "", "", Number(rows.Sum(row => row.Parameters)), Number(rows.Sum(row => row.MultiplyAdds)));
        var (canvas, crop) = architecture.Geometry;
        AnsiConsole.WriteLine(
            $"{architecture.Preset}: {architecture.Columns} columns, crops of {crop}×{crop} from a canvas of {canvas}×{canvas}");
        AnsiConsole.Write(table);
        foreach (var difference in AlexNetLayers.Differences(architecture.Preset))
        {
            AnsiConsole.WriteLine(difference);
        }
    }

    /// <summary>Prints the traffic between the devices of the columns in a step of training (Krizhevsky 2012 §3.2, figure 2).</summary>
    public static void PrintExchange(NetworkArchitecture architecture, int batch)
    {
        var columns = architecture.Columns;
        if (columns == 1)
        {
            AnsiConsole.WriteLine("One column: there is no other device to send to.");
            return;
        }

        AnsiConsole.WriteLine(
            $"What the devices of {columns} columns send in a step of {batch} crops, 4 bytes a value: maps forward, their gradients back.");
        var table = Tables.Create(
            ["layer", "a device computes", "of its own it reads", "of the others", "who sends"], ["bytes forward", "bytes in all"]);
        var total = 0L;
        foreach (var row in architecture.Rows().Where(row => row.Layer is WeightedLayer))
        {
            var forward = BytesForward(row, columns, batch);
            total += 2 * forward;
            table.Add(
                row.Layer.Name,
                row.Layer is Classifier ? $"the first: {row.Output}" : $"{Share(row.Output, columns)}",
                row.Layer is WeightedLayer { Reads: Reads.Image } ? $"image {row.Input}" : $"{Share(row.Input, columns)}",
                forward == 0 ? "nothing" : $"{row.Input with { Maps = row.Input.Maps - (row.Input.Maps / columns) }}",
                forward == 0 ? "" : row.Layer is Classifier ? "the others to the first" : "each to each",
                Number(forward),
                Number(2 * forward));
        }

        table.Add("total", "", "", "", "", "", Number(total));
        AnsiConsole.Write(table);
    }

    /// <summary>Prints statistics of each layer's output, and by how much response normalisation divides.</summary>
    public static void PrintActivations(IReadOnlyList<ActivationStatistics> layers, int photographs)
    {
        AnsiConsole.WriteLine(
            $"What the layers give for the centre crops of {photographs} photographs; quantiles are of the positive values.");
        var table = Tables.Create(
            ["layer"], ["mean", "deviation", "zeros", .. Quantiles.Select(share => $"{share:P1}"), "largest"]);
        foreach (var layer in layers)
        {
            var positive = Quantiles.Append(1).Select(share => $"{layer.Quantile(share):G3}");
            table.Add([layer.Layer.Name, $"{layer.Mean:G3}", $"{layer.Deviation:G3}", $"{layer.Zeros:P1}", .. positive]);
        }

        AnsiConsole.Write(table);
        foreach (var (before, after) in layers.Zip(layers.Skip(1)).Where(pair => pair.Second.Layer is LocalResponseNormalisation))
        {
            var divided = Quantiles.Select(share => $"{before.Quantile(share) / after.Quantile(share):F2} at {share:P1}");
            AnsiConsole.WriteLine($"{after.Layer.Name} divides by {string.Join(", ", divided)}");
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

    private static string What(Layer layer) => layer switch
    {
        Convolution c => $"{c.Kernel}×{c.Kernel} convolution, stride {c.Stride}, padding {c.Padding}"
            + (c.EdgePadding > 0 ? $", {c.EdgePadding} more right and bottom" : ""),
        MaxPooling p => $"max pooling {p.Window}/{p.Stride}",
        LocalResponseNormalisation n => $"response normalisation n={n.Maps} k={n.K} α={n.Alpha} β={n.Beta}",
        Scaling s => $"times {s.Factor}",
        Standardisation s => $"divided by {string.Join(", ", s.Deviations.Select(d => $"{d:G5}"))}",
        Rectifier => "rectifier",
        HyperbolicTangent => "tanh",
        Dropout d => $"dropout {d.Rate}",
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

    private static string Number(long value) => value == 0 ? "" : $"{value:N0}";
}
