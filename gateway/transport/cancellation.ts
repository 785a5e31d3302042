export { Cancellation } from '../../shared/cancellation';
