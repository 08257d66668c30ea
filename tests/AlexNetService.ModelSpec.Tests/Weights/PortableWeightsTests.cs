using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;

namespace AlexNetService.ModelSpec.Tests.Weights;

public sealed class PortableWeightsTests
{
    private static readonly NetworkArchitecture Table = AlexNetLayers.ForCifar(2);

    [Fact]
    public void Weights_WrittenAndRead_AreTheSame()
    {
        var written = Make(Table);

        var read = PortableWeights.Of(written.ToFile(), name => name);

        Assert.NotNull(read);
        Assert.Equal(Table.Layers, read.Architecture.Layers);
        Assert.Equal(Table.Geometry, read.Architecture.Geometry);
        Assert.Equal(written.Labels, read.Labels);
        Assert.Equal(written.MeanColour, read.MeanColour);
        Assert.Same(written.Weights["conv2.bias"], read.Weights["conv2.bias"]);
        Assert.Null(read.MeanImage);
    }

    [Fact]
    public void Weights_OfATableWithAMeanImage_CarryIt()
    {
        var table = Table with { MeanImage = true };
        var written = Make(table) with { MeanImage = [.. Enumerable.Range(0, 3 * 32 * 32).Select(i => (float)i)] };

        Assert.Equal(written.MeanImage, PortableWeights.Of(written.ToFile(), name => name)?.MeanImage);

        var without = written with { MeanImage = null };
        Assert.Throws<InvalidDataException>(() => PortableWeights.Of(without.ToFile(), name => name));
    }

    [Fact]
    public void Weights_UnderOtherNames_AreReadBack()
    {
        var file = Make(Table).ToFile(name => "net." + name);

        Assert.Contains("net.fc8.bias", file.Tensors.Keys);
        Assert.NotNull(PortableWeights.Of(file, name => name["net.".Length..]));
        Assert.Throws<ArchitectureException>(() => PortableWeights.Of(file, name => name));
    }

    [Fact]
    public void Weights_OfOtherSoftware_AreNotTakenForOurs()
    {
        var others = new SafeTensors(Make(Table).ToFile().Tensors, new Dictionary<string, string> { ["format"] = "pt" });

        Assert.Null(PortableWeights.Of(others, name => name));
    }

    [Theory]
    [InlineData("alexnet.architecture", "{}")]
    [InlineData("alexnet.architecture", "null")]
    [InlineData("alexnet.architecture", """{"preset":"x","columns":1,"geometry":{"canvas":8,"crop":8},"layers":[null]}""")]
    [InlineData(
        "alexnet.architecture",
        """{"preset":"x","columns":1,"geometry":{"canvas":8,"crop":8},"layers":[{"kind":"warp","name":"x"}]}""")]
    [InlineData("alexnet.labels", "7")]
    [InlineData("alexnet.labels", null)]
    [InlineData("alexnet.mean-colour", "1,2")]
    [InlineData("alexnet.mean-colour", "1,2,x")]
    [InlineData("alexnet.mean-colour", "1,2,NaN")]
    public void Metadata_ThatIsBroken_IsRefused(string key, string? text)
    {
        var file = Make(Table).ToFile();
        var metadata = new Dictionary<string, string>(file.Metadata);
        metadata.Remove(key);
        if (text is not null)
        {
            metadata.Add(key, text);
        }

        Assert.Throws<InvalidDataException>(() => PortableWeights.Of(file with { Metadata = metadata }, name => name));
    }

    private static PortableWeights Make(NetworkArchitecture table)
    {
        var tensors = table.Weights().ToDictionary(
            shape => shape.Name,
            shape => new WeightTensor(shape.Dimensions, new float[shape.Dimensions.Aggregate(1, (product, d) => product * d)]));
        return new PortableWeights(
            table,
            new NamedWeights(table, tensors),
            [1.5, 200, 1.0 / 3],
            [new ClassLabel(0, "a", "ant"), new ClassLabel(1, "b", "Bär \"b\"")]);
    }
}
