using AlexNetService.Imaging.Tests.Goldens;

namespace AlexNetService.Imaging.Tests;

public sealed class IccProfileTests
{
    public static TheoryData<string> Profiles => [.. Golden.Profiles.Select(profile => profile.Name)];

    [Theory, MemberData(nameof(Profiles))]
    public void IsSrgb_KnownProfile_Tells(string name)
    {
        var golden = Golden.Profiles.Single(profile => profile.Name == name);

        Assert.Equal(golden.Srgb, IccProfile.IsSrgb(golden.File));
    }

    [Fact]
    public void IsSrgb_CutProfile_IsNotAndDoesNotThrow()
    {
        var profile = Golden.Profiles.First(golden => golden.Srgb).File;
        for (var length = 0; length < profile.Length - 4; length++)
        {
            Assert.False(IccProfile.IsSrgb(profile.AsSpan(0, length)));
        }
    }

    [Fact]
    public void IsSrgb_NoiseInEveryByte_DoesNotThrow()
    {
        var random = new Random(3);
        foreach (var golden in Golden.Profiles)
        {
            for (var place = 0; place < golden.File.Length; place++)
            {
                var profile = golden.File.ToArray();
                profile[place] = (byte)random.Next(256);
                IccProfile.IsSrgb(profile);
                profile[place] = 255;
                IccProfile.IsSrgb(profile);
            }
        }
    }
}
