using AlexNetService.Training.Data;

namespace AlexNetService.Training.Tests.Data;

/// <summary>Canvases that are too many to keep, and so are decoded for each use.</summary>
public sealed class CanvasesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Canvases_DecodedEachTime_AreThoseThatAreKept()
    {
        using var data = DataSetOpener.Open(Pictures.Write(folder.Path, perClass: 6, side: 8));
        var kept = Canvases.Load(data, data.Photographs, side: 8, TestContext.Current.CancellationToken);
        var decoded = DecodedEachTime(data);

        Parallel.For(0, 4 * data.Photographs.Count, i =>
        {
            var place = i % data.Photographs.Count;
            Assert.Equal(kept[place].Span, decoded[place].Span);
        });
    }

    [Fact]
    public void UnreadablePhotograph_InTheMiddleOfTraining_IsStoodInForByTheNextOfItsClass()
    {
        Pictures.Write(folder.Path, classes: 2, perClass: 100, side: 8);
        File.WriteAllText(Path.Combine(folder.Path, "class0", "0099.png"), "not a picture");
        using var data = DataSetOpener.Open(folder.Path);
        var canvases = DecodedEachTime(data);
        Assert.Empty(canvases.Unreadable);

        var instead = canvases[99].ToArray();

        Assert.Equal(canvases[0].ToArray(), instead);
        Assert.Equal(200, canvases.Photographs.Count);
        Assert.StartsWith("class0/0099.png: ", Assert.Single(canvases.Unreadable), StringComparison.Ordinal);
    }

    [Fact]
    public void UnreadablePhotographs_MoreThanFiveAndATenth_EndTheTraining()
    {
        Pictures.Write(folder.Path, classes: 2, perClass: 25, side: 8);
        foreach (var number in Enumerable.Range(3, 6))
        {
            File.WriteAllText(Path.Combine(folder.Path, "class0", $"000{number}.png"), "not a picture");
        }

        using var data = DataSetOpener.Open(folder.Path);
        var canvases = DecodedEachTime(data);

        var failure = Assert.Throws<DataSetException>(() => canvases[3]);

        Assert.Contains("6 of 50 photographs", failure.Message, StringComparison.Ordinal);
        Assert.Contains("class0/0003.png", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DataSet_ThatVanishesWhileItIsRead_SaysWhichPhotographIsMissing()
    {
        using var data = DataSetOpener.Open(Pictures.Write(Path.Combine(folder.Path, "data"), perClass: 40, side: 8));
        var canvases = DecodedEachTime(data);
        Assert.Equal(192, canvases[0].Length);
        Directory.Delete(Path.Combine(folder.Path, "data"), recursive: true);

        var failure = Assert.Throws<DataSetException>(() => canvases[1]);

        Assert.Contains("class0/0001.png", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static Canvases DecodedEachTime(LabelledPhotographs data) =>
        Canvases.Load(data, data.Photographs, side: 8, keepUpTo: 0, TestContext.Current.CancellationToken);
}
