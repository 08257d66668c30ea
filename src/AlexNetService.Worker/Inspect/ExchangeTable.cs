using System.Globalization;
using AlexNetService.ModelSpec.Architecture;
using Spectre.Console;

namespace AlexNetService.Worker.Inspect;

/// <summary>What the devices of a network's columns send each other in a step of training (Krizhevsky 2012 §3.2, figure 2).</summary>
internal static class ExchangeTable
{
    public static void Print(NetworkArchitecture architecture, int batch, IAnsiConsole console)
    {
        if (architecture.Columns == 1)
        {
            console.WriteLine("One column: there is nobody to send to.");
            return;
        }

        console.WriteLine(
            $"What the devices of {architecture.Columns} columns send in a step of {batch} crops, 4 bytes a value: maps on the way forward, their gradients on the way back.");
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumns("layer", "a device computes", "of its own it reads", "of the others", "who sends");
        table.AddColumn(new TableColumn("bytes forward").RightAligned());
        table.AddColumn(new TableColumn("bytes in all").RightAligned());
        var total = 0L;
        foreach (var (row, forward) in architecture.Rows().Select(row => (row, BytesForward(row, architecture.Columns, batch))).Where(pair => pair.row.Layer is WeightedLayer))
        {
            total += 2 * forward;
            table.AddRow(((string[])
            [
                row.Layer.Name,
                row.Layer is Classifier ? $"the first: {row.Output}" : $"{Share(row.Output, architecture.Columns)}",
                row.Layer is WeightedLayer { Reads: Reads.Image } ? $"image {row.Input}" : $"{Share(row.Input, architecture.Columns)}",
                forward == 0 ? "nothing" : $"{row.Input with { Maps = row.Input.Maps - (row.Input.Maps / architecture.Columns) }}",
                forward == 0 ? "" : row.Layer is Classifier ? "the others to the first" : "each to each",
                Number(forward),
                Number(2 * forward),
            ]).Select(cell => new Text(cell)));
        }

        table.AddRow(((string[])["total", "", "", "", "", "", Number(total)]).Select(cell => new Text(cell)));
        console.Write(table);
    }

    /// <summary>Bytes that cross between devices before a layer can compute; as many gradients come back.</summary>
    public static long BytesForward(LayerRow row, int columns, int batch)
    {
        var others = (long)(row.Input.Values - (row.Input.Values / columns)) * sizeof(float) * batch;
        return row.Layer switch
        {
            Classifier => others,
            WeightedLayer { Reads: Reads.BothColumns } => others * columns,
            _ => 0,
        };
    }

    private static Shape Share(Shape whole, int columns) => whole with { Maps = whole.Maps / columns };

    private static string Number(long value) => value == 0 ? "" : value.ToString("N0", CultureInfo.InvariantCulture);
}
