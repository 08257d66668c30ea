using AlexNetService.ModelSpec.Tests.Goldens;
using AlexNetService.ModelSpec.Weights;

namespace AlexNetService.ModelSpec.Tests.Weights;

/// <summary>Files that PyTorch wrote, held against what PyTorch sees in them.</summary>
public sealed class WeightFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Files => [.. WeightFileGoldens.Files.Select(file => file.Name)];

    public static TheoryData<string> Refusals => [.. WeightFileGoldens.Refusals.Select(file => file.Name)];

    [Theory]
    [MemberData(nameof(Files))]
    public void File_OfPyTorch_HoldsTheTensorsThatPyTorchSees(string name)
    {
        var golden = WeightFileGoldens.Files.Single(file => file.Name == name);

        var tensors = Read(name, golden.File);

        Assert.Equal(golden.Tensors.Select(tensor => WithoutPrefix(tensor.Name)).Order(), tensors.Keys.Order());
        foreach (var expected in golden.Tensors)
        {
            var actual = tensors[WithoutPrefix(expected.Name)];
            Assert.Equal(expected.Dimensions, actual.Dimensions);
            Assert.Equal(expected.Floats.Select(BitConverter.SingleToInt32Bits), actual.Values.Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void File_ThatHoldsNoWeights_IsRefusedWithTheReason(string name)
    {
        var golden = WeightFileGoldens.Refusals.Single(file => file.Name == name);

        var refused = Assert.Throws<InvalidDataException>(() => Read(name, golden.File));

        Assert.Contains(golden.Reason, refused.Message, StringComparison.Ordinal);
        Assert.Contains("weights.file", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_CutAnywhere_IsRefused()
    {
        var whole = WeightFileGoldens.Files[0].File;

        for (var length = 0; length < whole.Length; length += 7)
        {
            Assert.Throws<InvalidDataException>(() => Read("cut", whole[..length]));
        }
    }

    [Fact]
    public void File_WithAnyByteChanged_IsRefusedOrHoldsTheSameNames()
    {
        var golden = WeightFileGoldens.Files[0];
        var names = golden.Tensors.Select(tensor => tensor.Name).Order().ToArray();

        for (var place = 0; place < golden.File.Length; place += 3)
        {
            var changed = golden.File.ToArray();
            changed[place] ^= 0x41;
            try
            {
                // The zip says some things twice or not in earnest: dates, padding.
                Assert.Equal(names, Read("changed", changed).Keys.Order());
            }
            catch (InvalidDataException)
            {
                // Refused, with the one exception that callers know.
            }
        }
    }

    public void Dispose() => folder.Dispose();

    private static string WithoutPrefix(string name) => name.StartsWith("module.", StringComparison.Ordinal) ? name["module.".Length..] : name;

    private IReadOnlyDictionary<string, WeightTensor> Read(string name, byte[] content)
    {
        var path = Path.Combine(folder.Path, "weights.file");
        File.WriteAllBytes(path, content);
        return name.Contains("safetensors", StringComparison.Ordinal) ? SafeTensors.Read(path).Tensors : TorchArchive.Read(path);
    }
}
