using System.Buffers;
using System.IO.Pipelines;
using AlexNetService.Api.Hosting;

namespace AlexNetService.Api.Security;

/// <summary>A request's body whose bytes count from the moment they come until the request ends, and that has to come in time.</summary>
/// <param name="reader">The body.</param>
/// <param name="budget">Counts its bytes.</param>
/// <param name="patience">Time from the first read to the last one.</param>
/// <param name="time">Where that time comes from.</param>
internal sealed class BudgetedBody(PipeReader reader, BodyBudget budget, TimeSpan patience, TimeProvider time) : ReadOnceStream
{
    private CancellationTokenSource? expiry;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        expiry ??= Expire();

        // The reader and not its stream: only there a read can be given up and the rest of the body still be skipped.
        var result = await reader.ReadAsync(cancellationToken);
        var count = result.IsCanceled ? 0 : (int)Math.Min(buffer.Length, result.Buffer.Length);
        var read = result.Buffer.Slice(0, count);
        read.CopyTo(buffer.Span);
        reader.AdvanceTo(read.End);
        if (result.IsCanceled)
        {
            throw budget.TooLate;
        }

        // Counted here before it may be refused there, because all that was counted is given back in the end.
        Taken += count;
        budget.Take(count);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        budget.Return(Taken);
        Taken = 0;
        expiry?.Dispose();
        base.Dispose(disposing);
    }

    private CancellationTokenSource Expire()
    {
        var end = new CancellationTokenSource(patience, time);
        end.Token.UnsafeRegister(static reader => (reader as PipeReader)?.CancelPendingRead(), reader);
        return end;
    }
}
