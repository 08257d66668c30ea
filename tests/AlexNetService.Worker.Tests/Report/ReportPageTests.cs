using System.Diagnostics;
using System.Xml.Linq;

namespace AlexNetService.Worker.Tests.Report;

/// <summary>A run's report, as the program writes it at the end of training.</summary>
public sealed class ReportPageTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Training_Done_LeavesAReportThatNeedsNothingBesideIt()
    {
        var data = Pictures.Write(Path.Combine(folder.Path, "data"), perClass: 20);
        var run = Path.Combine(folder.Path, "run");

        var (code, _, errors) =
            await Programs.AlexnetAsync("train", "--preset", "alexnet-cifar", "--data", data, "--epochs", "2", "--batch-size", "12",
            "--learning-rate", "0.003", "--validation-fraction", "0.2", "--threads", "1", "--output", run);

        Assert.True(code == 0, errors);
        var page = File.ReadAllText(Path.Combine(run, "report.html"));
        var html = XDocument.Parse(page[(page.IndexOf('\n') + 1)..]).Root ?? throw new UnreachableException();
        var pictures = html.Descendants("img").Select(picture => (string?)picture.Attribute("src") ?? "").ToArray();
        Assert.Equal(2, pictures.Count(source => source.StartsWith("data:image/png;base64,iVBOR", StringComparison.Ordinal)));
        Assert.All(pictures, source => Assert.StartsWith("data:image/", source, StringComparison.Ordinal));
        Assert.Equal(3, html.Descendants(XName.Get("svg", "http://www.w3.org/2000/svg")).Count());
        Assert.Contains(html.Descendants("th"), heading => heading.Value == "learningRate");
        Assert.Empty(html.Descendants("script"));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(run, "tensorboard"), "events.out.tfevents.*"));
    }

    public void Dispose() => folder.Dispose();
}
