using System.Globalization;
using Spectre.Console;

namespace AlexNetService.Worker.Evaluate;

/// <summary>Errors as people read them.</summary>
internal static class ErrorTable
{
    public static void Print(IReadOnlyList<MeasuredError> results)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn("model");
        foreach (var number in (ReadOnlySpan<string>)["crops", "photographs", "top-1 error", "top-5 error", "top-1 right"])
        {
            table.AddColumn(new TableColumn(number).RightAligned().NoWrap());
        }

        foreach (var result in results)
        {
            table.AddRow(
                new Text(result.Model),
                Cell($"{result.Crops}"),
                Cell($"{result.Images}"),
                Cell($"{result.Top1Error:P2}"),
                Cell($"{result.Top5Error:P2}"),
                Cell($"{1 - result.Top1Error:P2}"));
        }

        AnsiConsole.Write(table);
    }

    private static Text Cell(FormattableString text) => new(text.ToString(CultureInfo.InvariantCulture));
}
