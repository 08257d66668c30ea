using Spectre.Console;

namespace AlexNetService.Worker;

/// <summary>Tables whose cells are plain text: the names in cards and data sets are not markup.</summary>
internal static class Tables
{
    /// <summary>A table with columns of text on the left and columns of numbers, aligned right, after them.</summary>
    public static Table Create(IEnumerable<string> texts, params IEnumerable<string> numbers)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns([.. texts]);
        foreach (var number in numbers)
        {
            table.AddColumn(new TableColumn(number).RightAligned().NoWrap());
        }

        return table;
    }

    public static void Add(this Table table, params IEnumerable<string> cells) => table.AddRow(cells.Select(cell => new Text(cell)));
}
