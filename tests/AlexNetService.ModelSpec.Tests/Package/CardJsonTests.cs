using System.Text.Json;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.ModelSpec.Tests.Package;

public sealed class CardJsonTests
{
    [Fact]
    public void Card_WrittenAndRead_IsTheSame()
    {
        var card = SampleCard.Of("cats", 2);

        var json = JsonSerializer.Serialize(card, CardJson.Format.ModelCard);
        var read = JsonSerializer.Deserialize(json, CardJson.Format.ModelCard);

        Assert.NotNull(read);
        Assert.Equal(json, JsonSerializer.Serialize(read, CardJson.Format.ModelCard));
        Assert.Equal(card.Preprocessing, read.Preprocessing);
        Assert.Equal(card.Tensors, read.Tensors);
        Assert.Equal(card.Labels, read.Labels);
        Assert.Equal(card.Metrics, read.Metrics);
        Assert.Equal((card.Calibration, card.EnsembleWeight), (read.Calibration, read.EnsembleWeight));
        Assert.Equal((17, 12, card.Training?.Started), (read.Training?.Seed, read.Training?.Epochs, read.Training?.Started));
        Assert.Equal(0.9, read.Training?.Recipe.GetProperty("momentum").GetDouble());
    }

    [Fact]
    public void Card_OfSeveralFiles_IsReadBackAndCallsThingsWhatReadersExpect()
    {
        var card = SampleCard.WithSplit("cats", 2);

        var json = JsonSerializer.Serialize(card, CardJson.Line.ModelCard);
        var read = JsonSerializer.Deserialize(json, CardJson.Format.ModelCard);

        Assert.NotNull(read);
        Assert.Equal((card.Weights, card.Split, card.Quantization), (read.Weights, read.Split, read.Quantization));
        Assert.Equal(card.Golden?.Logits, read.Golden?.Logits);
        Assert.Contains("\"golden\":{\"seed\":2012,\"logits\":\"AACAPwAAIMAAAAA+\",\"tolerance\":0.001}", json, StringComparison.Ordinal);
        const string split = "\"maps\":\"pool2\",\"type\":\"uint8\",\"count\":96,\"canvasSide\":13,\"cropSide\":11,\"step\":2}";
        Assert.Contains(split, json, StringComparison.Ordinal);
        Assert.Contains("\"quantization\":{\"precision\":\"int8\",\"fromName\":\"cats\",\"fromVersion\":1", json, StringComparison.Ordinal);
        Assert.DoesNotContain("\"files\"", json, StringComparison.Ordinal); // each file stands in its own field only
    }

    [Fact]
    public void Card_WithLogitsOnly_IsReadBack()
    {
        var card = SampleCard.Of("cats", 1) with { Tensors = new TensorNames("in", "out"), Architecture = null, Training = null };

        var read = JsonSerializer.Deserialize(JsonSerializer.Serialize(card, CardJson.Format.ModelCard), CardJson.Format.ModelCard);

        Assert.Equal(card.Tensors, read?.Tensors);
    }

    [Theory]
    [InlineData(AlexNetLayers.AlexNet)]
    [InlineData(AlexNetLayers.Cifar)]
    public void LayerTable_WrittenAndRead_HasTheSameRowsOfTheSameKinds(string preset)
    {
        var architecture = AlexNetLayers.Find(preset, 3);
        var card = SampleCard.Of("cats", 1) with { Architecture = architecture };

        var read = JsonSerializer.Deserialize(JsonSerializer.Serialize(card, CardJson.Format.ModelCard), CardJson.Format.ModelCard);

        Assert.Equal(architecture?.Layers, read?.Architecture?.Layers);
        Assert.Equal(architecture?.Rows(), read?.Architecture?.Rows());
    }

    [Fact]
    public void Card_Written_IsReadableByPeople()
    {
        var json = JsonSerializer.Serialize(SampleCard.Of("cats", 1), CardJson.Format.ModelCard);

        Assert.Contains("\"orange <fruit>\"", json, StringComparison.Ordinal);
        Assert.Contains("\"kind\": \"lrn\"", json, StringComparison.Ordinal);
        Assert.Contains("\"reads\": \"OwnColumn\"", json, StringComparison.Ordinal);
        Assert.Contains("\"type\": \"uint8\"", json, StringComparison.Ordinal);
        Assert.DoesNotContain("\"outputs\"", json, StringComparison.Ordinal); // one number, one home: maps, units, classes
        Assert.DoesNotContain("\"mean\"", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Layer_KindNotFirst_IsReadAllTheSame()
    {
        var json = JsonSerializer.Serialize(SampleCard.Of("cats", 1), CardJson.Format.ModelCard)
            .Replace("\"kind\": \"rectifier\",", "", StringComparison.Ordinal);
        foreach (var number in Enumerable.Range(1, 7))
        {
            var name = $"\"name\": \"relu{number}\"";
            json = json.Replace(name, name + ", \"kind\": \"rectifier\"", StringComparison.Ordinal);
        }

        var read = JsonSerializer.Deserialize(json, CardJson.Format.ModelCard);

        Assert.Equal(AlexNetLayers.ForCifar(3).Layers, read?.Architecture?.Layers);
    }
}
