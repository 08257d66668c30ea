using System.Text;
using Spectre.Console;

namespace AlexNetService.Worker.Ablate;

/// <summary>A report as a Markdown file, and on the terminal.</summary>
internal static class AblationMarkdown
{
    /// <summary>The file's bytes, UTF-8.</summary>
    public static byte[] Of(AblationReport report)
    {
        var text = new StringBuilder(AblationSection.Budget(report)).Append('\n');
        foreach (var section in AblationSection.Of(report))
        {
            text.Append('\n').Append(section.Title).Append("\n\n");
            Row(section.Header);
            Row(section.Header.Select(_ => "---"));
            foreach (var row in section.Rows)
            {
                Row(row);
            }

            text.Append('\n').AppendJoin("", section.Notes.Select(note => $"- {note}\n"));
        }

        return Encoding.UTF8.GetBytes(text.ToString());

        void Row(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
    }

    /// <summary>Prints the same tables.</summary>
    public static void Print(AblationReport report, IAnsiConsole console)
    {
        console.WriteLine(AblationSection.Budget(report));
        foreach (var section in AblationSection.Of(report))
        {
            console.WriteLine();
            console.WriteLine(section.Title);
            var table = new Table().Border(TableBorder.Simple);
            foreach (var (place, column) in section.Header.Index())
            {
                table.AddColumn(place == 0 ? new TableColumn(column).NoWrap() : new TableColumn(column).RightAligned().NoWrap());
            }

            foreach (var row in section.Rows)
            {
                table.AddRow([.. row.Select(cell => new Text(cell))]);
            }

            console.Write(table);
            foreach (var note in section.Notes)
            {
                console.WriteLine(note);
            }
        }
    }
}
