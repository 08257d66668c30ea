using System.Globalization;
using CsCheck;

namespace AlexNetService.Tests.Shared;

/// <summary>
/// Reads files with random changes, the same ones in every run. Each must be read, or refused with a documented exception, and take little
/// memory. <c>CsCheck_Iter=100000</c> in the environment reads more of them. A failure gives the input; add a separate test for it.
/// </summary>
internal static class MutatedFiles
{
    private const int Inputs = 2000;
    private const int MostChanges = 4;
    private const long MostAllocated = 32 << 20;

    /// <param name="valid">The files that are changed.</param>
    /// <param name="read">Reads a changed file.</param>
    /// <param name="refusals">The exceptions that the reader documents.</param>
    public static void Read(byte[][] valid, Action<byte[]> read, params Type[] refusals)
    {
        var inputs = Gen.Select(
            Gen.Int[0, valid.Length - 1],
            Mutation.Any.Array[1, MostChanges],
            (place, changes) => Mutation.Apply(valid[place], changes));
        var random = new PCG(stream: 1, seed: 2012);
        var wanted = Environment.GetEnvironmentVariable("CsCheck_Iter");
        var count = int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var more) ? more : Inputs;
        var (done, refused) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            var input = inputs.Generate(random, null, out _);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                read(input);
                done++;
            }
            catch (Exception e) when (refusals.Any(refusal => refusal.IsInstanceOfType(e)))
            {
                Assert.NotEqual("", e.Message);
                refused++;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Input {i} is not refused as documented: {Convert.ToBase64String(input)}", e);
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < MostAllocated, $"Input {i} takes {allocated} bytes of memory: {Convert.ToBase64String(input)}");
        }

        // Changes are neither always noticed nor never.
        Assert.InRange(done, 1, count - 1);
        Assert.InRange(refused, 1, count - 1);
    }
}
