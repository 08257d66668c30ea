using System.Text.Json;
using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Tests.Package;
using AlexNetService.ModelSpec.Weights;

namespace AlexNetService.ModelSpec.Tests;

public sealed class MutatedFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void SafeTensors_Mutated_AreReadOrRefused()
    {
        var path = Path.Combine(folder.Path, "weights.safetensors");
        var tensors = new Dictionary<string, WeightTensor> { ["a"] = new([2, 2], [1, 2, 3, 4]), ["b"] = new([1], [5]) };
        new SafeTensors(tensors, new Dictionary<string, string> { ["note"] = "text" }).Write(path);
        var ours = File.ReadAllBytes(path);
        byte[] others = [.. ours.AsSpan(0, 8), .. "{ \"a\":{\"dtype\":\"F16\",\"shape\":[2,1],\"data_offsets\":[0,4]}}"u8, 1, 2, 3, 4];
        others[0] = (byte)(others.Length - 12);
        others.AsSpan(1, 7).Clear();

        MutatedFiles.Read([ours, others], bytes => SafeTensors.Read(Written(path, bytes)), typeof(InvalidDataException));
    }

    [Fact]
    public void Card_Mutated_IsReadOrRefused()
    {
        var repository = new PackageRepository(folder.Path);
        var package = repository.Publish(SampleCard.Of("cats", 1), "a graph"u8.ToArray());
        var path = Path.Combine(package.Folder, ModelPackage.CardFile);

        MutatedFiles.Read(
            [File.ReadAllBytes(path), JsonSerializer.SerializeToUtf8Bytes(SampleCard.WithSplit("cats", 1), CardJson.Format.ModelCard)],
            bytes =>
            {
                File.WriteAllBytes(path, bytes);
                ModelPackage.Open(package.Folder);
            },
            typeof(InvalidPackageException));
    }

    [Fact]
    public void EnsembleCard_Mutated_IsReadOrRefused()
    {
        var card = new EnsembleCard { Name = "pair", Members = [new("cats", 1, new string('a', 64), 0.5), new("dogs", 2, "", 0.5)] };
        var path = card.Write(folder.Path);

        MutatedFiles.Read(
            [File.ReadAllBytes(path)],
            bytes =>
            {
                File.WriteAllBytes(path, bytes);
                EnsembleCard.ReadAll(folder.Path);
            },
            typeof(InvalidPackageException));
    }

    public void Dispose() => folder.Dispose();

    private static string Written(string path, byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
